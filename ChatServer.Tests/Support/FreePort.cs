using System.Net;
using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>Unused ports.</summary>
public static class FreePort
{
    // Below the ephemeral ports, the ports of the AppHost and those of a drill, so that no other process takes a port before the process
    // for which it was chosen. A run takes about 10,000 ports; if the range were used twice, a port that is chosen and not yet bound could be
    // chosen again. The first port depends on the process id, so that two test runs rarely choose the same ports.
    private const int Lowest = 4_000, Beyond = 20_000;

    private static readonly Lock Gate = new();
    private static int _next = Lowest + Environment.ProcessId % 432 * 37;

    /// <summary>
    /// The first of <paramref name="count"/> consecutive ports that are free now. No other test of this run gets them until all ports of
    /// the range were used once.
    /// </summary>
    public static int Next(int count = 1)
    {
        while (true)
        {
            var first = Take(count);
            if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }
    }

    private static int Take(int count)
    {
        lock (Gate)
        {
            if (_next + count > Beyond) _next = Lowest;
            var first = _next;
            _next += count;
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
