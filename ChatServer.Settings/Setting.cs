namespace ChatServer.Settings;

/// <summary>
/// A setting: an environment variable, also readable as .NET configuration. <see cref="ServerSettings"/> defines all of them; parsing, the
/// AppHost's hand-over and <c>docs/configuration.md</c> follow from the definition.
/// </summary>
/// <param name="name">Name of the environment variable.</param>
/// <param name="readers">The processes that read it.</param>
/// <param name="defaultText">The default as an operator would write it; null or empty if there is none.</param>
/// <param name="meaning">What it sets, in Markdown, for the configuration reference.</param>
public abstract class Setting(string name, SettingReaders readers, string? defaultText, string meaning)
{
    /// <summary>Name of the environment variable.</summary>
    public string Name { get; } = name;

    /// <summary>Key in the configuration of .NET, which replaces <c>__</c> by <c>:</c>.</summary>
    public string ConfigurationKey { get; } = name.Replace("__", ":", StringComparison.Ordinal);

    /// <summary>The processes that read it.</summary>
    public SettingReaders Readers { get; } = readers;

    /// <summary>What it sets, in Markdown, without the values: <see cref="ValueDescription"/>.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>The values that it can have, with unit and bounds.</summary>
    public abstract string ValueDescription { get; }

    /// <summary>The default as an operator would write it; null or empty if there is none.</summary>
    public string? DefaultText { get; } = defaultText;

    /// <summary>The default in the configuration reference, in Markdown, if <see cref="DefaultText"/> does not say it.</summary>
    public string? DefaultNote { get; init; }

    /// <summary>Whether the process does not start without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether its value must not appear in messages and logs.</summary>
    public bool IsSecret { get; init; }

    /// <summary>How a process that the AppHost starts gets it.</summary>
    public Handover Handover { get; init; }

    /// <summary>The AppHost's default; null if it has none of its own.</summary>
    public AppHostDefault? AppHost { get; init; }

    /// <summary>Reads the setting and discards the value.</summary>
    /// <param name="configuration">Returns the value of a key, or null.</param>
    /// <exception cref="StartupException">The value is invalid, or required and missing.</exception>
    public abstract void Check(Func<string, string?> configuration);
}

/// <summary>A setting with values of type <typeparamref name="T"/>.</summary>
/// <param name="name">Name of the environment variable.</param>
/// <param name="readers">The processes that read it.</param>
/// <param name="format">The values that it can have.</param>
/// <param name="defaultText">The default as an operator would write it; null or empty if there is none.</param>
/// <param name="meaning">What it sets, in Markdown, for the configuration reference.</param>
public sealed class Setting<T>(string name, SettingReaders readers, SettingFormat<T> format, string? defaultText, string meaning)
    : Setting(name, readers, defaultText, meaning)
{
    /// <inheritdoc/>
    public override string ValueDescription => format.Description;

    /// <summary>The value if the setting is unset: <see cref="Setting.DefaultText"/>, or the default of the type without one.</summary>
    /// <exception cref="InvalidOperationException">The default that the table defines is not a value of the setting.</exception>
    public T Default =>
        DefaultText is null ? default!
        : format.TryParse(DefaultText, out var value) ? value
        : throw new InvalidOperationException($"The default of {Name} is not {ValueDescription}.");

    /// <summary>The value, or the default. White space around a value is ignored; an empty value counts as unset.</summary>
    /// <param name="configuration">Returns the value of a key, or null.</param>
    /// <exception cref="StartupException">The value is invalid, or required and missing.</exception>
    public T Read(Func<string, string?> configuration) => TextOf(configuration) is null && !IsRequired ? Default : Require(configuration);

    /// <summary>The value of a setting that is required in this case.</summary>
    /// <param name="configuration">Returns the value of a key, or null.</param>
    /// <exception cref="StartupException">The value is invalid or missing.</exception>
    public T Require(Func<string, string?> configuration) => TextOf(configuration) is { } text
        ? Parse(text)
        : throw new StartupException($"{Name} is not set; it must be {ValueDescription}.");

    /// <summary>The value that <paramref name="text"/> contains.</summary>
    /// <exception cref="StartupException">It is invalid.</exception>
    public T Parse(string text) => format.TryParse(text, out var value)
        ? value
        : throw new StartupException($"{Name} must be {ValueDescription}{(IsSecret ? "" : $", not '{text}'")}.");

    /// <inheritdoc/>
    public override void Check(Func<string, string?> configuration) => Read(configuration);

    private string? TextOf(Func<string, string?> configuration) =>
        configuration(ConfigurationKey)?.Trim() is { Length: > 0 } text ? text : null;
}
