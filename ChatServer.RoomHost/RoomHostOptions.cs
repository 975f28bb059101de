using System.Net;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.RoomHost;

/// <summary>The settings of a RoomHost. <see cref="ServerSettings"/> documents each of them. A rate of 0 means: no limit.</summary>
internal sealed record RoomHostOptions
{
    /// <summary><c>HOST_ID</c>.</summary>
    public required string HostId { get; init; }

    /// <summary><c>HOST</c>: the name or address at which clients and load balancers reach the room ports.</summary>
    public required string Address { get; init; }

    /// <summary><c>ROOM_PORTS</c>: first and last port for rooms.</summary>
    public (int First, int Last) RoomPorts { get; init; } = ServerSettings.RoomPorts.Default;

    /// <summary><c>MAX_ROOMS</c>: maximum number of open rooms. A room costs a port and some kilobytes.</summary>
    public int MaxRooms { get; init; } = ServerSettings.MaxRooms.Default;

    /// <summary><c>ALLOWED_ORIGINS</c>: <c>*</c>, or origins, comma-separated.</summary>
    public string AllowedOrigins { get; init; } = ServerSettings.AllowedOrigins.Default;

    /// <summary><c>MAX_FRAME_BYTES</c>: maximum size of a frame or message from a client.</summary>
    public int MaxFrameBytes { get; init; } = ServerSettings.MaxFrameBytes.Default;

    /// <summary><c>MAX_TEXT_LENGTH</c>: maximum number of characters of a text.</summary>
    public int MaxTextLength { get; init; } = ServerSettings.MaxTextLength.Default;

    /// <summary><c>MESSAGES_PER_SECOND</c>: sustained rate of a connection.</summary>
    public int MessagesPerSecond { get; init; } = ServerSettings.MessagesPerSecond.Default;

    /// <summary><c>MESSAGE_BURST</c>: messages that a connection may send at once.</summary>
    public int MessageBurst { get; init; } = ServerSettings.MessageBurst.Default;

    /// <summary><c>CONNECTIONS_PER_SECOND</c>: rate of connections from one address to all rooms together.</summary>
    public int ConnectionsPerSecond { get; init; } = ServerSettings.ConnectionsPerSecond.Default;

    /// <summary><c>HANDSHAKE_SECONDS</c>: time in which a connection must have joined.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ServerSettings.HandshakeTimeout.Default;

    /// <summary><c>PING_SECONDS</c>: time between pings. Less than the 60 s after which many proxies close an idle connection.</summary>
    public TimeSpan PingInterval { get; init; } = ServerSettings.PingInterval.Default;

    /// <summary><c>SILENCE_SECONDS</c>: time without a byte after which a connection is closed; two pings are then unanswered.</summary>
    public TimeSpan SilenceTimeout { get; init; } = ServerSettings.SilenceTimeout.Default;

    /// <summary><c>ROOM_BUFFER_BYTES</c>: bytes that a room keeps for slow members. 4 MiB ≈ 20,000 messages of one line.</summary>
    public int RoomBufferBytes { get; init; } = ServerSettings.RoomBufferBytes.Default;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static RoomHostOptions FromConfiguration(IConfiguration settings) => new()
    {
        HostId = settings.Read(ServerSettings.HostId) ?? $"{Environment.MachineName}-{Guid.NewGuid().ToString("N")[..8]}",
        Address = settings.Read(ServerSettings.RoomHostAddress) ?? DefaultAddress(settings.BindAddress()),
        RoomPorts = settings.Read(ServerSettings.RoomPorts),
        MaxRooms = settings.Read(ServerSettings.MaxRooms),
        AllowedOrigins = settings.Read(ServerSettings.AllowedOrigins),
        MaxFrameBytes = settings.Read(ServerSettings.MaxFrameBytes),
        MaxTextLength = settings.Read(ServerSettings.MaxTextLength),
        MessagesPerSecond = settings.Read(ServerSettings.MessagesPerSecond),
        MessageBurst = settings.Read(ServerSettings.MessageBurst),
        ConnectionsPerSecond = settings.Read(ServerSettings.ConnectionsPerSecond),
        HandshakeTimeout = settings.Read(ServerSettings.HandshakeTimeout),
        PingInterval = settings.Read(ServerSettings.PingInterval),
        SilenceTimeout = settings.Read(ServerSettings.SilenceTimeout),
        RoomBufferBytes = settings.Read(ServerSettings.RoomBufferBytes),
    };

    // Other machines cannot connect to a wildcard address.
    private static string DefaultAddress(IPAddress bind) =>
        bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any) ? Environment.MachineName
        : IPAddress.IsLoopback(bind) ? "localhost"
        : bind.ToString();
}
