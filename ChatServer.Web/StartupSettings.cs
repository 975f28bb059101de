using ChatServer.Contracts;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>Settings that are checked at start, so that a mistake is found there and not by a caller.</summary>
public static class StartupSettings
{
    /// <summary>
    /// The arguments of a process whose settings are read once, at its start. ASP.NET would watch the folder it was started in, and every
    /// folder below it, for a changed <c>appsettings.json</c>: in <c>/</c> or <c>/tmp</c> that is thousands of watches and a scan for each
    /// new folder of anybody's.
    /// </summary>
    public static string[] WithoutConfigurationReload(this string[] args) => ["--hostBuilder:reloadConfigOnChange=false", .. args];

    /// <summary>The value of <paramref name="variable"/>.</summary>
    /// <param name="configuration">Where to look: the environment is a part of it.</param>
    /// <param name="variable">Its name.</param>
    /// <param name="meaning">What to set it to, for the message.</param>
    /// <exception cref="StartupException">It is missing or empty.</exception>
    public static string RequireSetting(this IConfiguration configuration, string variable, string meaning) =>
        configuration[variable] is { } value && !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new StartupException($"{variable} is not set: give {meaning}.");

    /// <summary>The addresses in <paramref name="variable"/>, comma-separated; none when it is not set.</summary>
    /// <exception cref="StartupException">One of them is not an http or https URL.</exception>
    public static IReadOnlyList<Uri> ReadUrls(this IConfiguration configuration, string variable) =>
    [
        .. (configuration[variable] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
                ? url
                : throw new StartupException($"{variable} must hold URLs like http://localhost:2000, not '{text}'.")),
    ];
}
