using System.CommandLine;

namespace ChatServer.Bench.Commands;

/// <summary>Options with their checks.</summary>
internal static class BenchOptions
{
    /// <summary>A whole number.</summary>
    public static Option<int> Number(string name, string description, int otherwise, int least = 1, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is var value && (value < least || value > most))
                result.AddError($"{name} is {value}; it is from {least} to {most}.");
        });
        return option;
    }

    /// <summary>A duration in seconds, with an optional fraction.</summary>
    public static Option<double> Seconds(string name, string description, double otherwise, double least = 0)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<double>() is var value && !(value >= least && value <= 86_400))
                result.AddError($"{name} is from {least} to 86400 seconds.");
        });
        return option;
    }

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
    /// <exception cref="BenchException">There is no key.</exception>
    public static string KeyOf(this ParseResult parsed, Option<string?> key, string variable) =>
        (parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(variable))?.Split(',')[0].Trim() is { Length: > 0 } found
            ? found
            : throw new BenchException($"{key.Name} is missing, and {variable} of the environment is not set.");
}
