using System.Net;
using System.Net.Sockets;
using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace ChatServer.Web;

/// <summary>Address, port and limits of a service's listener.</summary>
public static class ListenSettings
{
    /// <summary>Makes Kestrel listen on the address in <c>BIND</c> and the port in <paramref name="port"/>. 0 is any free port.</summary>
    /// <exception cref="StartupException">A setting is invalid, or the port is in use or needs privileges.</exception>
    public static void ListenOn(this WebApplicationBuilder builder, Setting<int> port)
    {
        var endpoint = new IPEndPoint(builder.Configuration.BindAddress(), builder.Configuration.Read(port));
        RequireFree(endpoint, port.Name);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint);
        });
    }

    /// <summary>Refuses bodies above <paramref name="bytes"/> with <c>413</c>, code <c>payload-too-large</c>.</summary>
    public static void LimitBodies(this WebApplicationBuilder builder, long bytes) =>
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = bytes);

    /// <summary>
    /// Checks the port before Kestrel does: Kestrel reports a port in use as a critical error with a stack trace and cannot name the
    /// variable.
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
        SocketError.AddressNotAvailable => "this machine does not have this address",
        _ => error.Message,
    };
}
