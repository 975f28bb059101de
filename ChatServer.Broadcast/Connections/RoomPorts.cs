using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Thousands of room ports behind one Kestrel listener. With an endpoint for each port, Kestrel needs milliseconds for each change once
/// there are hundreds, because it reloads all endpoints; here a port is a socket with a pending accept.
/// </summary>
/// <remarks>
/// Register it as an <see cref="IConnectionListenerFactory"/> beside Kestrel's own, and give Kestrel its endpoint with <see
/// cref="ListenOn"/>. All members may be called from any thread.
/// </remarks>
public sealed partial class RoomPorts(RoomPortsOptions options, TimeProvider time, ILogger<RoomPorts> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>
    /// Length of the listen backlog of a port: the system reduces it to its maximum (<c>net.core.somaxconn</c>). A backlog that overflows
    /// makes the kernel drop SYNs, and the clients of a join storm wait a second before they repeat them.
    /// </summary>
    private const int Backlog = int.MaxValue;

    private static readonly TimeSpan AcceptFailureLogInterval = TimeSpan.FromSeconds(10);

    private readonly HandshakeLimiter _handshakes = new(options.MaxHandshakesPerAddress, options.TrustedProxies);
    private readonly Lock _gate = new();
    private readonly Dictionary<int, RoomPort> _ports = [];
    private readonly Channel<ConnectionContext> _acceptedConnections = Channel.CreateUnbounded<ConnectionContext>(
        new() { SingleReader = true });
    private bool _bound, _stopped;
    private int _sockets;
    private long? _acceptFailureLoggedAt;

    internal RoomPortsOptions Options => options;

    internal TimeProvider Time => time;

    /// <summary>Number of open ports.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ports.Count;
        }
    }

    /// <summary>Makes Kestrel serve the room ports: HTTP/1.1, no limit of upgraded connections, the time limit of the handshake.</summary>
    public void ListenOn(KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        // The keep-alive timeout limits a connection that sends nothing, the headers timeout one that began a request.
        kestrel.Limits.KeepAliveTimeout = options.HandshakeTimeout;
        kestrel.Limits.RequestHeadersTimeout = options.HandshakeTimeout;
        kestrel.Listen(new RoomPortsEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>
    /// Opens a port, or any free port for 0. Its connections refer to <paramref name="room"/>. The port accepts when this returns.
    /// </summary>
    /// <returns>The port; null if it is in use by any process, or not permitted.</returns>
    /// <exception cref="SocketException"> <see cref="RoomPortsOptions.MaxSockets"/> are open, the system has no more sockets, or the
    /// address to bind is not an address of this machine. </exception>
    /// <exception cref="ObjectDisposedException">Kestrel has stopped.</exception>
    public int? Open(int port, object room)
    {
        if (!TryReserveSocket())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        var error = Bind(port, out var listener);
        if (listener is null)
        {
            ReleaseSocket();
            return error is SocketError.AddressAlreadyInUse or SocketError.AccessDenied ? null : throw new SocketException((int)error);
        }

        port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var opened = new RoomPort(this, listener, port, room);
        lock (_gate)
        {
            if (_stopped)
            {
                Close(opened);
                throw new ObjectDisposedException(nameof(RoomPorts));
            }
            _ports[port] = opened;
        }
        opened.Start();
        return port;
    }

    /// <summary>Whether this process has the port open.</summary>
    public bool IsOpen(int port)
    {
        lock (_gate)
            return _ports.ContainsKey(port);
    }

    /// <summary>Closes a port. Its connections stay open. Does nothing if the port is not open.</summary>
    public void Close(int port)
    {
        RoomPort? closed;
        lock (_gate)
            _ports.Remove(port, out closed);
        if (closed is not null)
            Close(closed);
    }

    bool IConnectionListenerFactorySelector.CanBind(EndPoint endpoint) => endpoint is RoomPortsEndPoint;

    ValueTask<IConnectionListener> IConnectionListenerFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_bound)
                throw new AddressInUseException("The room ports are one endpoint.");
            _bound = true;
        }
        return ValueTask.FromResult(CreateListener(endpoint));
    }

    /// <summary>The listener of all ports, for Kestrel.</summary>
    internal IConnectionListener CreateListener(EndPoint endpoint) => new Listener(this, endpoint);

    /// <summary>Gives an accepted connection to Kestrel.</summary>
    internal void OnAccepted(Socket socket, RoomPort port)
    {
        if (!TryReserveSocket())
        {
            socket.Dispose();
            OnAcceptFailed(port.Number, SocketError.TooManyOpenSockets);
            return;
        }
        try
        {
            // Without it, the kernel delays a small frame until the previous one is acknowledged.
            socket.NoDelay = true;
            var connection = new RoomConnection(this, socket, port);
            if (_handshakes.TryBegin(connection.RemoteEndPoint?.Address))
            {
                if (_acceptedConnections.Writer.TryWrite(new HandshakeTransport(connection, socket)))
                    return;
                OnHandshakeEnded(connection);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The client disconnected before it was accepted.
        }
        socket.Dispose();
        ReleaseSocket();
    }

    /// <summary>The handshake of a connection is complete, or the connection is over.</summary>
    internal void OnHandshakeEnded(RoomConnection connection) => _handshakes.Release(connection.RemoteEndPoint?.Address);

    /// <summary>A port or connection has closed its socket.</summary>
    internal void ReleaseSocket() => Interlocked.Decrement(ref _sockets);

    /// <summary>
    /// Logs a failed accept, at most once in ten seconds: without file descriptors the accepts of all ports fail repeatedly.
    /// </summary>
    internal void OnAcceptFailed(int port, SocketError error)
    {
        lock (_gate)
        {
            if (_acceptFailureLoggedAt is { } told && time.GetElapsedTime(told) < AcceptFailureLogInterval)
                return;
            _acceptFailureLoggedAt = time.GetTimestamp();
        }
        Log.AcceptFailed(logger, port, error);
    }

    internal void OnHandlerFailed(int port, Exception exception) => Log.HandlerFailed(logger, port, exception);

    /// <summary>Creates a listening socket, or returns the error.</summary>
    private SocketError Bind(int port, out Socket? listener)
    {
        Socket? socket = null;
        try
        {
            // Throws if the process has no file descriptor left.
            socket = new Socket(options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (options.Bind.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // On Unix, .NET binds with SO_REUSEADDR: connections in TIME_WAIT do not block a port for its next room. If another socket is
            // bound to the port in the same way and does not listen, Listen fails and not Bind.
            socket.Bind(new IPEndPoint(options.Bind, port));
            socket.Listen(Backlog);
            listener = socket;
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            listener = null;
            return e.SocketErrorCode;
        }
    }

    private void Close(RoomPort port)
    {
        port.Close();
        ReleaseSocket();
    }

    /// <summary>
    /// Counts a socket; false if <see cref="RoomPortsOptions.MaxSockets"/> are open. <see cref="ReleaseSocket"/> must follow.
    /// </summary>
    internal bool TryReserveSocket()
    {
        if (Interlocked.Increment(ref _sockets) <= options.MaxSockets)
            return true;
        ReleaseSocket();
        return false;
    }

    private void Stop()
    {
        RoomPort[] open;
        lock (_gate)
        {
            _stopped = true;
            open = [.. _ports.Values];
            _ports.Clear();
        }
        foreach (var port in open)
            Close(port);
        _acceptedConnections.Writer.TryComplete();
    }

    /// <summary>The listener that Kestrel uses.</summary>
    private sealed class Listener(RoomPorts ports, EndPoint endpoint) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await ports._acceptedConnections.Reader.WaitToReadAsync(cancellationToken))
            {
                if (ports._acceptedConnections.Reader.TryRead(out var connection))
                    return connection;
            }
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            ports.Stop();
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Accept on port {Port} failed: {Error}.")]
        public static partial void AcceptFailed(ILogger logger, int port, SocketError error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Frame handler failed; the connection to port {Port} is closed.")]
        public static partial void HandlerFailed(ILogger logger, int port, Exception exception);
    }
}
