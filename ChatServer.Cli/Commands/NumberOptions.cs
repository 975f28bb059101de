using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ChatServer.Cli.Commands;

/// <summary>Options with their checks.</summary>
internal static class NumberOptions
{
    private const double MaxSeconds = 86_400;

    /// <summary>A whole number.</summary>
    public static Option<int> Number(string name, string description, int otherwise, int least = 1, int most = int.MaxValue) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => Parse(result, name, "a whole number", least, most),
    };

    /// <summary>A whole number; null without the option.</summary>
    public static Option<int?> OptionalNumber(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, "a whole number", least, most),
    };

    /// <summary>A number per second; null without the option.</summary>
    public static Option<double?> OptionalRate(string name, string description, double least, double most) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, "a rate per second", least, most),
    };

    /// <summary>A duration in seconds, with an optional fraction.</summary>
    public static Option<double> Seconds(
        string name, string description, double otherwise, double least = 0, double most = MaxSeconds) => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => otherwise,
            CustomParser = result => Parse(result, name, "a number of seconds", least, most),
        };

    /// <summary>The address of an HTTP service.</summary>
    public static Option<Uri?> Address(string name, string description, Uri? otherwise = null) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
        {
            // A relative URL replaces the last segment of a path that does not end with a slash.
            if (Uri.TryCreate(result.Tokens[0].Value.TrimEnd('/') + "/", UriKind.Absolute, out var uri)
                && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps))
                return uri;
            result.AddError($"{name} is '{result.Tokens[0].Value}', not an address such as http://localhost:8080.");
            return null;
        },
    };

    /// <summary>The API key of a service; see <see cref="KeyOf"/>.</summary>
    public static Option<string?> Key(string name, string variable, string description) => new(name)
    {
        Description = $"{description} Without it, {variable} of the environment.",
    };

    /// <summary>
    /// The value of the option, or the first key in the variable of the service: a variable does not appear in a list of processes.
    /// The variable is not the default of the option, because the help would show it.
    /// </summary>
    /// <exception cref="CliException">There is no key.</exception>
    public static string KeyOf(this ParseResult parsed, Option<string?> key, string variable) =>
        (parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(variable))?.Split(',')[0].Trim() is { Length: > 0 } found
            ? found
            : throw new CliException($"{key.Name} is missing, and {variable} of the environment is not set.");

    private static T Parse<T>(ArgumentResult result, string name, string kind, T least, T most) where T : struct, INumber<T>
    {
        var text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}', not {kind} from {least} to {most}."));
        return default;
    }
}
