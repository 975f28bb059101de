using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Where a resource listens.</summary>
public sealed class EndpointAnnotation
{
    internal EndpointAnnotation(string scheme, string name, int? port, string? variable) =>
        (UriScheme, Name, Port, Variable) = (scheme, name, port, variable);

    /// <summary><c>http</c> or <c>tcp</c>.</summary>
    public string UriScheme { get; }

    /// <summary>Names it among the resource's endpoints.</summary>
    public string Name { get; }

    /// <summary>The port; null until one has been chosen.</summary>
    public int? Port { get; set; }

    /// <summary>The host of the endpoint's address.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>The variable that tells the process.</summary>
    internal string? Variable { get; }

    internal string HostAndPort => string.Create(
        CultureInfo.InvariantCulture,
        $"{(TargetHost.Contains(':', StringComparison.Ordinal) ? $"[{TargetHost}]" : TargetHost)}:{Port ?? throw new InvalidOperationException("No port has been chosen yet.")}");

    internal string Url => $"{UriScheme}://{HostAndPort}";
}
