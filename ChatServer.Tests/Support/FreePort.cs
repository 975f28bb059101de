using System.Net;
using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>Ports that nobody uses.</summary>
public static class FreePort
{
    // Below the ports that outgoing connections and servers without a wish get, and those of the AppHost and of a drill: nobody takes one
    // before the process that it is meant for. Where it begins depends on our process, so that two test runs rarely meet.
    private const int Lowest = 10_000, Beyond = 20_000;

    private static readonly Lock Gate = new();
    private static int _next = Lowest + Environment.ProcessId % 270 * 37;

    /// <summary>
    /// The first of <paramref name="count"/> ports side by side that are free now and that no other test of this run gets, until all have
    /// been given once.
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
