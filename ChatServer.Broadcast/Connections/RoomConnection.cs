using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChatServer.Broadcast.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// One TCP connection to a room port. It begins as HTTP, in Kestrel's hands; a WebSocket handshake's handler takes it away with
/// <see cref="DetachAsync"/>, and from then on nothing of Kestrel is left: no buffer is held while the peer is silent.
/// </summary>
/// <remarks>
/// A handler finds it in the features of its <see cref="HttpContext"/>. Once it is detached nobody but its handler disposes it, after
/// <see cref="IFrameHandler.OnEnd"/>: so whoever sends never meets the number of a socket that is another's by then.
/// </remarks>
public sealed class RoomConnection : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Reads after which others get the thread: a peer that floods takes turns with everybody.</summary>
    private const int ReadsBeforeYield = 16;

    private const int ReceiveBufferBytes = 64 * 1024;

    [ThreadStatic]
    private static byte[]? _buffer;

    private readonly RoomPorts _ports;
    private readonly Socket _socket;
    private FrameReader? _reader;
    private IFrameHandler? _handler;
    private byte[]? _unreadBytes;
    private int _startConditions;
    private int _closing, _released;
    private ITimer? _linger;
    private volatile bool _detached, _writable, _aborted, _ended;

    internal RoomConnection(RoomPorts ports, Socket socket, RoomPort port)
    {
        _ports = ports;
        _socket = socket;
        SendSocket = new NonBlockingSocket(socket);
        Room = port.Room;
        Port = port.Number;
        RemoteEndPoint = socket.RemoteEndPoint as IPEndPoint;
    }

    /// <summary>What <see cref="RoomPorts.Open"/> was given for the port.</summary>
    public object Room { get; }

    /// <summary>The room port that was called.</summary>
    public int Port { get; }

    /// <summary>Whether the peer reads and may send compressed messages; known once it is detached.</summary>
    public bool UsesDeflate { get; private set; }

    /// <summary>The socket, for those who send to many. It is <see cref="TrySend"/> without a look at this object.</summary>
    internal NonBlockingSocket SendSocket { get; }

    /// <summary>The peer; behind a load balancer, that one.</summary>
    public IPEndPoint? RemoteEndPoint { get; }

    /// <summary>
    /// Answers the handshake with 101, with the headers that the response has by now, and takes the connection out of Kestrel's hands. When it
    /// returns, the 101 is in the kernel, so <see cref="TrySend"/> can't overtake it, and the handler owes a call of <see cref="Start"/>
    /// or <see cref="Dispose"/>. A peer that left meanwhile fails nothing here; <see cref="IFrameHandler.OnEnd"/> will tell.
    /// </summary>
    /// <exception cref="InvalidOperationException">The request can't be upgraded, or was.</exception>
    public async Task DetachAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            throw new InvalidOperationException("The request does not ask for an upgrade.");
        await upgrade.UpgradeAsync();

        _unreadBytes = HandshakeTransport.TakeUnread(context);
        UsesDeflate = !StringValues.IsNullOrEmpty(context.Response.Headers.SecWebSocketExtensions);
        _reader = new FrameReader(_ports.Options.MaxFrameBytes, UsesDeflate);
        try
        {
            _socket.Blocking = false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort();
        }
        _detached = true;
        Interlocked.MemoryBarrier(); // An abort either sees that it is detached, and leaves the socket alone, or is seen here.
        _writable = _closing == 0;
    }

    /// <summary>
    /// Names the receiver of the frames, once. They flow when Kestrel has let go too, that is soon after the HTTP handler has
    /// returned, and always on another thread than the caller's.
    /// </summary>
    public void Start(IFrameHandler handler)
    {
        if (!_detached || Interlocked.CompareExchange(ref _handler, handler, null) is not null)
            throw new InvalidOperationException("Start may be called once, after DetachAsync.");
        ReceiveWhenReady();
    }

    /// <summary>
    /// Sends what the kernel takes at once; never waits, allocates or throws. Not while a <see cref="SendAsync"/> is under way, and not
    /// on two threads at a time: their bytes would mix.
    /// </summary>
    /// <param name="bytes">At least one.</param>
    /// <returns>Bytes taken; 0 when the peer must read first; -1 when the connection is gone or closing.</returns>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (!_writable)
            return NonBlockingSocket.ConnectionGone;
        int sent = SendSocket.Send(bytes);
        if (sent < 0)
            _writable = false;
        return sent;
    }

    /// <summary>Sends all of it, however long the peer takes to read. The bytes must not change meanwhile.</summary>
    /// <returns>False when the connection is gone or closing; nobody knows then what arrived.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (_writable && !bytes.IsEmpty)
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _writable = false;
        }
        return bytes.IsEmpty && _writable;
    }

    /// <summary>
    /// Ends the connection after what was sent. Frames are no longer delivered, but what comes is still read: closing a socket with
    /// unread bytes resets it, and the reset would overtake the Close frame just sent. Call it when no send is under way.
    /// </summary>
    /// <param name="linger">Time for the peer to close its side; then it is cut off.</param>
    public void Close(TimeSpan linger)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        _writable = false;
        _reader?.Stop();
        Shutdown(SocketShutdown.Send);
        _linger = _ports.Time.CreateTimer(static connection => ((RoomConnection)connection!).Abort(), this, linger, Timeout.InfiniteTimeSpan);
        if (_ended)
            _linger.Dispose();
    }

    /// <summary>Ends the connection now. What was not sent yet may be lost.</summary>
    public void Abort()
    {
        _closing = 1;
        _writable = false;
        _aborted = true;
        _reader?.Stop();
        Shutdown(SocketShutdown.Both);
        Interlocked.MemoryBarrier();
        if (!_detached)
            Dispose();
    }

    /// <summary>Gives the socket back. Nothing is sent from now on.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        if (Interlocked.Exchange(ref _released, 1) == 0)
            _ports.ReleaseSocket();
    }

    /// <summary>Kestrel is done: with a detached connection's handshake, or else with the connection.</summary>
    internal void OnKestrelDone()
    {
        if (_detached)
        {
            ReceiveWhenReady();
            return;
        }
        Shutdown(SocketShutdown.Both);
        Dispose();
    }

    private void Shutdown(SocketShutdown sides)
    {
        try
        {
            _socket.Shutdown(sides);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = ReceiveAsync();

    /// <summary>Reading begins when both are there: Kestrel has let go, and the frames have a receiver.</summary>
    private void ReceiveWhenReady()
    {
        if (Interlocked.Increment(ref _startConditions) == 2)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task ReceiveAsync()
    {
        try
        {
            Deliver(Interlocked.Exchange(ref _unreadBytes, null));
            for (int reads = 1; ; reads++)
            {
                // Waits without a buffer: receiving nothing completes when there is something.
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                if (_aborted || !ReceiveBatch())
                    break;
                if (reads % ReadsBeforeYield == 0)
                    await Task.Yield();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset by the peer, or aborted here.
        }
        catch (Exception e)
        {
            _ports.OnHandlerFailed(Port, e);
        }
        End();
    }

    /// <summary>False at the connection's end.</summary>
    private bool ReceiveBatch()
    {
        byte[] buffer = _buffer ??= GC.AllocateUninitializedArray<byte>(ReceiveBufferBytes, pinned: true);
        int received = NonBlockingSocket.Receive(_socket, buffer);
        Deliver(buffer.AsSpan(0, Math.Max(received, 0)));
        return received != NonBlockingSocket.ConnectionGone;
    }

    private void Deliver(Span<byte> received)
    {
        if (received.IsEmpty || _reader!.Stopped)
            return;
        _reader.Read(received, _handler!);
        _handler!.OnReceived();
    }

    private void End()
    {
        _ended = true;
        Abort();
        _linger?.Dispose();
        _reader!.Release();
        try
        {
            _handler!.OnEnd();
        }
        catch (Exception e)
        {
            _ports.OnHandlerFailed(Port, e);
        }
    }
}
