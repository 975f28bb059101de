using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Thousands of room ports behind one Kestrel listener. Kestrel's own way (an endpoint a port) costs milliseconds a port once there
/// are hundreds, because every change reloads all of them; here a port is a socket with a pending accept.
/// </summary>
/// <remarks>Register it as an <see cref="IConnectionListenerFactory"/> beside Kestrel's own, and give Kestrel its endpoint with
/// <see cref="ListenOn"/>. All members may be called from any thread.</remarks>
public sealed partial class RoomPorts(RoomPortsOptions options, TimeProvider time, ILogger<RoomPorts> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Connections of a port that the kernel holds until they are accepted; Kestrel's own number.</summary>
    private const int Backlog = 512;

    private static readonly TimeSpan AcceptFailureLogInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, RoomPort> _ports = [];
    private readonly Channel<ConnectionContext> _acceptedConnections = Channel.CreateUnbounded<ConnectionContext>(
        new() { SingleReader = true });
    private bool _bound, _stopped;
    private int _sockets;
    private long? _acceptFailureLoggedAt;

    internal RoomPortsOptions Options => options;

    internal TimeProvider Time => time;

    /// <summary>Ports that are open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ports.Count;
        }
    }

    /// <summary>Makes Kestrel serve the room ports: HTTP/1.1, no limit on upgraded connections, the handshake's time limit.</summary>
    public void ListenOn(KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        // A connection that sends nothing waits for Kestrel's keep-alive, one that began a request for the headers' time limit.
        kestrel.Limits.KeepAliveTimeout = options.HandshakeTimeout;
        kestrel.Limits.RequestHeadersTimeout = options.HandshakeTimeout;
        kestrel.Listen(new RoomPortsEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>Opens a port, or with 0 any that is free; connections to it carry <paramref name="room"/>. It accepts when this returns.</summary>
    /// <returns>The port; null when it is taken, by this process or another, or forbidden.</returns>
    /// <exception cref="SocketException">There are <see cref="RoomPortsOptions.MaxSockets"/>, the system has no more, or the address to bind is not of this machine.</exception>
    /// <exception cref="ObjectDisposedException">Kestrel has stopped.</exception>
    public int? Open(int port, object room)
    {
        if (!TryReserveSocket())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        SocketError error = Bind(port, out Socket? listener);
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

    /// <summary>Frees a port. Its connections live on. Does nothing when it is not open.</summary>
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
        return ValueTask.FromResult<IConnectionListener>(new Listener(this, endpoint));
    }

    /// <summary>Takes a connection just accepted on to Kestrel.</summary>
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
            // The kernel would hold a small frame back until the one before it is acknowledged.
            socket.NoDelay = true;
            var connection = new RoomConnection(this, socket, port);
            if (_acceptedConnections.Writer.TryWrite(new HandshakeTransport(connection, socket)))
                return;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The peer was gone before its turn came.
        }
        socket.Dispose();
        ReleaseSocket();
    }

    /// <summary>A port or connection has closed its socket.</summary>
    internal void ReleaseSocket() => Interlocked.Decrement(ref _sockets);

    /// <summary>Tells the log, but not for every port and attempt: without file descriptors all of them fail, again and again.</summary>
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

    /// <summary>Gives a socket that listens, or the error and none.</summary>
    private SocketError Bind(int port, out Socket? listener)
    {
        Socket? socket = null;
        try
        {
            // Throws too, in a process without file descriptors.
            socket = new Socket(options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (options.Bind.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // On Unix, .NET binds with SO_REUSEADDR: connections in TIME_WAIT don't keep a port from its next room. A socket that was
            // bound so and does not listen makes our listen fail, not our bind.
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

    private bool TryReserveSocket()
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
        foreach (RoomPort port in open)
            Close(port);
        _acceptedConnections.Writer.TryComplete();
    }

    /// <summary>The one listener that Kestrel sees.</summary>
    private sealed class Listener(RoomPorts ports, EndPoint endpoint) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await ports._acceptedConnections.Reader.WaitToReadAsync(cancellationToken))
            {
                if (ports._acceptedConnections.Reader.TryRead(out ConnectionContext? connection))
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
