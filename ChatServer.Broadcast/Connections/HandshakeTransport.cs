using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Kestrel's view of a connection during HTTP: two pipes directly over the socket, without read-ahead. Kestrel reads when it expects a
/// request; after a complete request, all later bytes are in the pipe's buffer or in the kernel, so a connection can be detached between
/// request and answer without a race. The cost: while a handler runs, a disconnect of the client is noticed only at the next read or write.
/// </summary>
internal sealed class HandshakeTransport : DefaultConnectionContext, IDuplexPipe
{
    private static long _ids;

    private readonly RoomConnection _connection;

    // Never disposed: see Abort.
    private readonly CancellationTokenSource _closed = new();

    public HandshakeTransport(RoomConnection connection, Socket socket)
        : base(string.Create(CultureInfo.InvariantCulture, $"R{Interlocked.Increment(ref _ids):X}"))
    {
        _connection = connection;
        var stream = new SocketStream(connection, socket);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(useZeroByteReads: true));
        Output = PipeWriter.Create(stream);
        Transport = this;
        ConnectionClosed = _closed.Token;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        Features.Set(connection);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Takes the bytes after the request that Kestrel has read and not used.</summary>
    public static byte[] TakeUnread(HttpContext context)
    {
        var input = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Input;
        if (!input.TryRead(out var result))
            return [];
        var unread = result.Buffer.ToArray();
        input.AdvanceTo(result.Buffer.End);
        return unread;
    }

    /// <summary>Kestrel aborts the connection: a timeout, or it stops.</summary>
    /// <remarks>
    /// The token is canceled on another thread, because Kestrel may hold locks here. The base class does the same with a source that it
    /// disposes with the connection: if the disposal comes first, the exception on the thread pool ends the process.
    /// </remarks>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _connection.Abort();
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    /// <summary>Kestrel releases the connection. Both pipes release their buffers; the socket stays open.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await base.DisposeAsync();
        _connection.OnKestrelDone();
    }

    /// <summary>
    /// The socket as Kestrel expects a transport: a read of a broken connection fails with the exception that Kestrel knows; a write is
    /// ignored, because Kestrel would log an exception as its own error.
    /// </summary>
    private sealed class SocketStream(RoomConnection connection, Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                throw new ConnectionResetException(e.Message, e);
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                await base.WriteAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                connection.Abort();
            }
        }
    }
}
