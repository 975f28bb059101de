namespace ChatServer.Settings;

/// <summary>What the AppHost uses for a setting that its operator does not set.</summary>
/// <param name="Value">The value as an operator would write it; null if there is none.</param>
/// <param name="Meaning">What the setting means to the AppHost, in Markdown, for the configuration reference.</param>
/// <param name="IsForDevelopment">Whether a published application model omits the value.</param>
public sealed record AppHostDefault(string? Value, string Meaning, bool IsForDevelopment = true)
{
    /// <summary>The default in the configuration reference, in Markdown, if <see cref="Value"/> does not say it.</summary>
    public string? Note { get; init; }
}
