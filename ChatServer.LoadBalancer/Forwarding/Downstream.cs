using System.Net.Sockets;

namespace ChatServer.LoadBalancer;

/// <summary>How this process connects to rooms and Apis.</summary>
internal static class Downstream
{
    /// <summary>
    /// How long a connection may take. They are neighbours: a live one accepts within a millisecond, one whose machine is gone
    /// never answers, and meanwhile a client waits that could be elsewhere.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Makes <paramref name="handler"/> connect as above. A connection that cannot be had is a <c>ConnectionError</c>.</summary>
    public static void Configure(SocketsHttpHandler handler) => handler.ConnectCallback = ConnectAsync;

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            NoticeDeath(socket);
            await socket.ConnectAsync(context.DnsEndPoint, deadline.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"{context.DnsEndPoint.Host}:{context.DnsEndPoint.Port} did not accept within {ConnectTimeout.TotalSeconds} s.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A WebSocket may be silent for as long as it likes, so no timeout of ours ends one whose room's machine lost its power.
    /// The kernel asks: after 30 s of silence, every 10 s, and after three questions without an answer it is over.
    /// </summary>
    private static void NoticeDeath(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
