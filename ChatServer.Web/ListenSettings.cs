using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Contracts;
using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>Address, port and limits of a service's listener.</summary>
public static class ListenSettings
{
    /// <summary>
    /// Length of the listen backlog: the system reduces it to its maximum (<c>net.core.somaxconn</c>). A backlog that overflows makes the
    /// kernel drop SYNs, and clients that connect at the same time wait a second before they repeat them.
    /// </summary>
    private const int Backlog = int.MaxValue;

    /// <summary>Makes Kestrel listen on the address in <c>BIND</c> and the port in <paramref name="port"/>. 0 is any free port.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="port">The setting that contains the port.</param>
    /// <param name="maxConnections">
    /// Maximum number of connections to the port; null for all that the process may have. A connection beyond it is closed.
    /// </param>
    /// <exception cref="StartupException">A setting is invalid, or the port is in use or needs privileges.</exception>
    public static void ListenOn(this WebApplicationBuilder builder, Setting<int> port, int? maxConnections = null)
    {
        var endpoint = new IPEndPoint(builder.Configuration.BindAddress(), builder.Configuration.Read(port));
        RequireFree(endpoint, port.Name);
        var keepAlive = builder.Configuration.Read(ServerSettings.KeepAliveTimeout);
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.Backlog = Backlog);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Another application on the same host may set a cookie in any encoding. As UTF-8, one such byte would be a 400.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            RequestLimits.Apply(kestrel.Limits);
            kestrel.Limits.KeepAliveTimeout = keepAlive;
            kestrel.Listen(endpoint, listen => listen.LimitConnections(maxConnections ?? FileDescriptors.MaxSockets));
        });
    }

    // Not Kestrel's own limit: in a RoomHost, that would count the connections to rooms too.
    private static void LimitConnections(this ListenOptions listen, int max)
    {
        var count = 0;
        listen.Use(next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref count) <= max)
                    await next(connection);
                else
                    connection.Abort();
            }
            finally
            {
                Interlocked.Decrement(ref count);
            }
        });
    }

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
