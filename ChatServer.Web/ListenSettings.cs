using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>Where a service listens: the address of <c>BIND</c>, the port of a variable of its own.</summary>
public static class ListenSettings
{
    /// <summary>
    /// Makes Kestrel listen on <c>BIND</c> (default <c>0.0.0.0</c>) and the port in <paramref name="variable"/>, or
    /// <paramref name="defaultPort"/>. 0 is any free port.
    /// </summary>
    /// <exception cref="StartupException">A setting is malformed, or the port is taken or needs privileges.</exception>
    public static void ListenOn(this WebApplicationBuilder builder, int defaultPort, string variable = "PORT")
    {
        var endpoint = new IPEndPoint(builder.Configuration.BindAddress(), builder.Configuration.ReadPort(defaultPort, variable));
        RequireFree(endpoint, variable);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint);
        });
    }

    /// <summary>Refuses bodies above <paramref name="bytes"/> with <c>413</c>, code <c>payload-too-large</c>.</summary>
    public static void LimitBodies(this WebApplicationBuilder builder, long bytes) =>
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = bytes);

    /// <summary>The address that listeners bind: <c>BIND</c>, default <c>0.0.0.0</c>.</summary>
    /// <exception cref="StartupException"><c>BIND</c> is not an IP address.</exception>
    public static IPAddress BindAddress(this IConfiguration configuration) => configuration["BIND"] switch
    {
        null or "" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        var text => IPAddress.TryParse(text, out var address)
            ? address
            : throw new StartupException($"BIND must be an IP address, not '{text}'."),
    };

    /// <summary>
    /// The name or address at which other machines reach this process: <c>HOST</c>; without it the address of <c>BIND</c> if it
    /// is a particular one, else this machine's name. A port may follow.
    /// </summary>
    /// <exception cref="StartupException">It is neither, or <c>BIND</c> is malformed.</exception>
    public static string AdvertisedHost(this IConfiguration configuration)
    {
        if (configuration["HOST"]?.Trim() is { Length: > 0 } host)
        {
            return IPAddress.TryParse(host, out _) || (Uri.TryCreate($"tcp://{host}/", UriKind.Absolute, out var url) && url is { PathAndQuery: "/", UserInfo: "" })
                ? host
                : throw new StartupException($"HOST must be a name or an address, perhaps with a port, not '{host}'.");
        }
        var bound = configuration.BindAddress();
        return bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any) ? Environment.MachineName : bound.ToString();
    }

    /// <summary>The port in the setting <paramref name="variable"/>, 0 to 65535.</summary>
    /// <exception cref="StartupException">It is no such number.</exception>
    public static int ReadPort(this IConfiguration configuration, int defaultPort, string variable = "PORT") =>
        configuration[variable] switch
        {
            null or "" => defaultPort,
            var text => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                ? port
                : throw new StartupException($"{variable} must be a port from 0 to 65535, not '{text}'."),
        };

    /// <summary>
    /// Asked before Kestrel is: it reports a taken port as a critical error with a stack trace, and does not know which
    /// variable to change.
    /// </summary>
    private static void RequireFree(IPEndPoint endpoint, string variable)
    {
        if (endpoint.Port == 0) return;
        try
        {
            using var probe = new TcpListener(endpoint);
            probe.Start();
        }
        catch (SocketException error)
        {
            throw new StartupException($"Cannot listen on {endpoint}: {Reason(error)}. {variable} sets the port, BIND the address.");
        }
    }

    private static string Reason(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AccessDenied => "this port needs privileges",
        SocketError.AddressNotAvailable => "this machine has no such address",
        _ => error.Message,
    };
}
