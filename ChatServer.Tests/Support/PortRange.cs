using System.Net;
using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>Ports side by side that nobody uses, for the rooms of a host.</summary>
public static class PortRange
{
    // Below the ports that outgoing connections get; where it begins depends on the process, so that two test runs rarely meet.
    private const int Lowest = 10_000, Beyond = 20_000;

    private static int _next = Environment.ProcessId * 37 % (Beyond - Lowest);

    /// <summary>The first of <paramref name="count"/> ports that are free now and that no other test of this run gets.</summary>
    public static int Next(int count)
    {
        for (; ; )
        {
            var first = Lowest + Interlocked.Add(ref _next, count) % (Beyond - Lowest - count);
            if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
