using System.Net;
using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>Ports that nobody uses.</summary>
public static class FreePort
{
    /// <summary>A port of 127.0.0.1 that is free now. Another process may take it first: whoever binds it reports that.</summary>
    public static int Next()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
