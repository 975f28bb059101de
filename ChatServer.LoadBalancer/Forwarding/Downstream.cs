using System.Net.Sockets;

namespace ChatServer.LoadBalancer.Forwarding;

/// <summary>Connections of this process to rooms and Apis.</summary>
internal static class Downstream
{
    /// <summary>
    /// Time limit for a connection. RoomHosts and Apis are in the same network: a live process accepts within a millisecond. If its machine
    /// is down, no answer arrives at all, and the client waits for another destination.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Applies the time limit to <paramref name="handler"/>. A failed connection is a <c>ConnectionError</c>.</summary>
    public static void Configure(SocketsHttpHandler handler) => handler.ConnectCallback = ConnectAsync;

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EnableKeepAlive(socket);
            await socket.ConnectAsync(context.DnsEndPoint, deadline.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException(
                $"{context.DnsEndPoint.Host}:{context.DnsEndPoint.Port} did not accept within {ConnectTimeout.TotalSeconds} s.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A WebSocket has no time limit for silence, so nothing else would end a connection to a machine that lost its power. The kernel sends
    /// keep-alive probes after 30 s of silence and then every 10 s, and ends the connection after three probes without an answer.
    /// </summary>
    private static void EnableKeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
