using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChatServer.Broadcast.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// One TCP connection to a room port. Kestrel serves it until the handler of a WebSocket handshake takes it over with
/// <see cref="DetachAsync"/>; after that, nothing of Kestrel is left, and no buffer is held while the client is silent.
/// </summary>
/// <remarks>
/// A handler finds it in the features of its <see cref="HttpContext"/>. After the detachment only its handler disposes it, after
/// <see cref="IFrameHandler.OnEnd"/>: a sender therefore never uses a descriptor that belongs to another connection by then.
/// </remarks>
public sealed class RoomConnection : IDisposable
{
    private readonly RoomPorts _ports;
    private readonly Socket _socket;
    private ReceiveLoop? _receiving;
    private IFrameHandler? _handler;
    private int _startConditions;
    private int _closing, _released;
    private ITimer? _linger;
    private volatile bool _detached, _writable, _ended;

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

    /// <summary>The room port to which the client connected.</summary>
    public int Port { get; }

    /// <summary>Whether compressed messages were negotiated; known after the detachment.</summary>
    public bool UsesDeflate { get; private set; }

    /// <summary>Time since the client last sent something; valid after the detachment.</summary>
    public TimeSpan SilentFor => _receiving?.SilentFor ?? TimeSpan.Zero;

    /// <summary>The socket, for a broadcast: it sends like <see cref="TrySend"/> without an access to this object.</summary>
    internal NonBlockingSocket SendSocket { get; }

    /// <summary>The other end: the client, or the load balancer in front of it.</summary>
    public IPEndPoint? RemoteEndPoint { get; }

    /// <summary>
    /// Answers the handshake with 101 and the headers that the response has now, and takes the connection from Kestrel. When it returns,
    /// the kernel has the 101, so <see cref="TrySend"/> cannot overtake it, and the handler must call <see cref="Start"/> or <see
    /// cref="Dispose"/>. If the client left meanwhile, nothing fails here; <see cref="IFrameHandler.OnEnd"/> follows.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="maxFrameBytes">Largest frame and message; null for the limit of the port.</param>
    /// <param name="peer">The sender of the frames.</param>
    /// <exception cref="InvalidOperationException">The request cannot be upgraded, or was.</exception>
    public async Task DetachAsync(HttpContext context, int? maxFrameBytes = null, FramePeer peer = FramePeer.Member)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            throw new InvalidOperationException("The request does not ask for an upgrade.");
        await upgrade.UpgradeAsync();

        UsesDeflate = !StringValues.IsNullOrEmpty(context.Response.Headers.SecWebSocketExtensions);
        var reader = new FrameReader(maxFrameBytes ?? _ports.Options.MaxFrameBytes, UsesDeflate, peer);
        _receiving = new ReceiveLoop(this, _socket, reader, HandshakeTransport.TakeUnread(context), _ports.Time);
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
    /// Sets the receiver of the frames, once. Frames are delivered when Kestrel has released the connection too, soon after the HTTP
    /// handler returned, and always on another thread than the caller's.
    /// </summary>
    public void Start(IFrameHandler handler)
    {
        if (!_detached || Interlocked.CompareExchange(ref _handler, handler, null) is not null)
            throw new InvalidOperationException("Start may be called once, after DetachAsync.");
        ReceiveWhenReady();
    }

    /// <summary>
    /// Sends what the kernel takes at once; never waits, allocates or throws. Not during a <see cref="SendAsync"/>, and not on two threads
    /// at a time: their bytes would mix.
    /// </summary>
    /// <param name="bytes">At least one.</param>
    /// <returns>Bytes taken; 0 if the client must read first; -1 if the connection is gone or closing.</returns>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (!_writable)
            return NonBlockingSocket.ConnectionGone;
        var sent = SendSocket.Send(bytes);
        if (sent < 0)
            _writable = false;
        return sent;
    }

    /// <summary>Sends all of it, however long the client takes to read. The bytes must not change meanwhile.</summary>
    /// <returns>False if the connection is gone or closing; how much arrived is unknown then.</returns>
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

    /// <summary>Delivers and reads no more frames until <see cref="ResumeReceiving"/>. Only the handler of the frames calls it.</summary>
    public void PauseReceiving() => _receiving!.Pause();

    public void ResumeReceiving() => _receiving?.Resume();

    /// <summary>
    /// Ends the connection after what was sent. Frames are no longer delivered, but incoming bytes are still read: to close a socket with
    /// unread bytes resets it, and the reset would overtake the Close frame just sent. Call it when no send is under way.
    /// </summary>
    /// <param name="linger">Time for the client to close its side; then the connection is aborted.</param>
    public void Close(TimeSpan linger)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        _writable = false;
        _receiving?.Stop(abort: false);
        Shutdown(SocketShutdown.Send);
        _linger = _ports.Time.CreateTimer(
            static connection => ((RoomConnection)connection!).Abort(), this, linger, Timeout.InfiniteTimeSpan);
        if (_ended)
            _linger.Dispose();
    }

    /// <summary>Ends the connection now. Bytes that were not sent yet may be lost.</summary>
    public void Abort()
    {
        _closing = 1;
        _writable = false;
        _receiving?.Stop(abort: true);
        Shutdown(SocketShutdown.Both);
        Interlocked.MemoryBarrier();
        if (!_detached)
            Dispose();
    }

    /// <summary>Releases the socket. Nothing may be sent after this call.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        if (Interlocked.Exchange(ref _released, 1) == 0)
            _ports.ReleaseSocket();
    }

    /// <summary>Kestrel released the connection: the handshake of a detached one is complete, any other one is over.</summary>
    internal void OnKestrelDone()
    {
        _ports.OnHandshakeEnded(this);
        if (_detached)
        {
            ReceiveWhenReady();
            return;
        }
        Shutdown(SocketShutdown.Both);
        Dispose();
    }

    /// <summary>Nothing more is received.</summary>
    internal void OnReceiveEnded()
    {
        _ended = true;
        Abort();
        _linger?.Dispose();
    }

    internal void OnHandlerFailed(Exception exception) => _ports.OnHandlerFailed(Port, exception);

    private void Shutdown(SocketShutdown sides)
    {
        try
        {
            _socket.Shutdown(sides);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }

    /// <summary>Receiving starts when both are there: Kestrel has released the connection, and the frames have a receiver.</summary>
    private void ReceiveWhenReady()
    {
        if (Interlocked.Increment(ref _startConditions) == 2)
            _receiving!.Start(_handler!);
    }
}
