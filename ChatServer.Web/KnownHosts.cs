using System.Net;
using ChatServer.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>
/// The names that belong to this machine or are configured: <c>localhost</c>, the machine's name, every IP address, the host of
/// <c>PUBLIC_URL</c>, and the names in <c>AllowedHosts</c> of ASP.NET Core. Another name may belong to any site, which can let it resolve
/// to this machine (DNS rebinding).
/// </summary>
public sealed class KnownHosts
{
    private readonly HashSet<string> _names;

    /// <param name="configuration">The settings of the process.</param>
    /// <param name="names">More names and addresses under which clients reach it, with or without a port.</param>
    /// <exception cref="StartupException"><c>PUBLIC_URL</c> is invalid.</exception>
    public KnownHosts(IConfiguration configuration, params IEnumerable<string?> names) => _names = names
        .Append(configuration.Read(ServerSettings.PublicUrl)?.Host)
        .Concat((configuration["AllowedHosts"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .OfType<string>().Select(name => new HostString(name).Host)
        .Append("localhost").Append(Environment.MachineName).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the name, without a port, is known. No name resolution is involved in an IP address.</summary>
    public bool Contains(string host) =>
        _names.Contains(host) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
}
