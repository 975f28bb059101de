using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace ChatServer.LocalHosting.Runner;

/// <summary>Ports for the endpoints whose port nobody cares about.</summary>
internal static class FreePorts
{
    /// <summary>Gives each of them a port that is free now. All are held until the last one has its own, so no two get the same.</summary>
    public static void Choose(IEnumerable<EndpointAnnotation> endpoints)
    {
        var held = new List<TcpListener>();
        try
        {
            foreach (var endpoint in endpoints.Where(endpoint => endpoint.Port is null or 0))
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                held.Add(listener);
                listener.Start();
                endpoint.Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            }
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }
}
