using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace ChatServer.LocalHosting.Runner;

/// <summary>Ports for the endpoints whose port nobody cares about.</summary>
internal static class FreePorts
{
    // Below what systems give to outgoing connections (Linux from 32768, others from 49152): nothing else takes one before its process
    // is there, or while it is started again.
    private const int Lowest = 20_000, Beyond = 32_000;

    /// <summary>Gives each of them a port that is free now. All are held until the last one has its own, so no two get the same.</summary>
    public static void Choose(IEnumerable<EndpointAnnotation> endpoints)
    {
        var held = new List<TcpListener>();
        try
        {
            foreach (var endpoint in endpoints.Where(endpoint => endpoint.Port is null or 0))
            {
                var listener = Hold();
                held.Add(listener);
                endpoint.Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            }
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }

    private static TcpListener Hold()
    {
        // From a random one on: two topologies that start together rarely meet.
        var first = Random.Shared.Next(Lowest, Beyond);
        for (var i = 0; ; i++)
        {
            var listener = new TcpListener(IPAddress.Loopback, Lowest + (first - Lowest + i) % (Beyond - Lowest));
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException) when (i < Beyond - Lowest)
            {
                listener.Dispose();
            }
        }
    }
}
