using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Broadcast.Connections;

namespace ChatServer.LoadBalancer.Forwarding;

/// <summary>Connections of this process to rooms and Apis. They are counted with the connections of clients.</summary>
internal sealed class Downstream(DetachableEndPoints sockets)
{
    /// <summary>
    /// Time limit for a connection. RoomHosts and Apis are in the same network: a live process accepts within a millisecond. If its machine
    /// is down, no answer arrives at all, and the client waits for another destination.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Applies the time limit to <paramref name="handler"/>; a failed connection is a <c>ConnectionError</c>. Headers keep their bytes, in
    /// both directions: Latin-1 has a character for every byte.
    /// </summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connect">Connects a socket; null to connect to any address of the host.</param>
    public void Configure(SocketsHttpHandler handler, Func<Socket, DnsEndPoint, CancellationToken, Task>? connect = null)
    {
        connect ??= static (socket, host, ct) => socket.ConnectAsync(host, ct).AsTask();
        handler.ConnectCallback = (context, ct) => ConnectAsync(context, connect, ct);
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, Func<Socket, DnsEndPoint, CancellationToken, Task> connect, CancellationToken ct)
    {
        if (!sockets.TryReserveSocket())
            throw new TooManySocketsException();
        try
        {
            return new CountedStream(await ConnectSocketAsync(context, connect, ct), sockets.ReleaseSocket);
        }
        catch
        {
            sockets.ReleaseSocket();
            throw;
        }
    }

    private static async Task<Socket> ConnectSocketAsync(
        SocketsHttpConnectionContext context, Func<Socket, DnsEndPoint, CancellationToken, Task> connect, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EnableKeepAlive(socket);
            await connect(socket, context.DnsEndPoint, deadline.Token);
            return socket;
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

    private sealed class CountedStream(Socket socket, Action release) : NetworkStream(socket, ownsSocket: true)
    {
        private Action? _release = release;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Interlocked.Exchange(ref _release, null)?.Invoke();
        }
    }
}

/// <summary>This process has as many sockets as it may have. The destination is not the cause.</summary>
internal sealed class TooManySocketsException() : IOException("Too many sockets are open.");
