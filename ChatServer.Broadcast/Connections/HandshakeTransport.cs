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
/// A connection as Kestrel sees it while it speaks HTTP: two pipes straight over the socket. Nobody reads ahead: Kestrel reads when it
/// wants a request, and once it has one whole, whatever else the client sent is in the pipe's buffer or still in the kernel. So a
/// connection can be detached between the request and the answer without a race. The price: while a handler works, a client
/// that leaves is noticed only at the next read or write.
/// </summary>
internal sealed class HandshakeTransport : DefaultConnectionContext, IDuplexPipe
{
    private static long _ids;

    private readonly RoomConnection _connection;

    // Not disposed, and it needs no disposal: see Abort.
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

    /// <summary>What the client sent behind the request, and Kestrel therefore read but did not use.</summary>
    public static byte[] TakeUnread(HttpContext context)
    {
        PipeReader input = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Input;
        if (!input.TryRead(out ReadResult result))
            return [];
        byte[] unread = result.Buffer.ToArray();
        input.AdvanceTo(result.Buffer.End);
        return unread;
    }

    /// <summary>Kestrel gives the connection up: a timeout, or it stops.</summary>
    /// <remarks>
    /// Kestrel is told on another thread, because it may hold locks here. The base does so with a source that it disposes with the connection:
    /// when that comes first, the exception on the thread pool ends the process.
    /// </remarks>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _connection.Abort();
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    /// <summary>Kestrel lets go. Both pipes give their buffers back; the socket is not theirs to close.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await base.DisposeAsync();
        _connection.OnKestrelDone();
    }

    /// <summary>
    /// The socket as Kestrel wants a transport: a broken connection ends reading with the exception that Kestrel knows, and swallows
    /// what is written; an exception from writing would be logged as an error of Kestrel's.
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
