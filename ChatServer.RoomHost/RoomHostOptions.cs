using System.Net;
using ChatServer.Backplane.Hosts;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.RoomHost;

/// <summary>The settings of a RoomHost. <see cref="ServerSettings"/> documents each of them. A rate of 0 means: no limit.</summary>
internal sealed record RoomHostOptions
{
    private const int BytesPerMessage = 16_384, SendersPerRoom = 250, MembersPerConnectionRate = 50, FromRate = -1;

    /// <summary><c>HOST_ID</c>.</summary>
    public required string HostId { get; init; }

    /// <summary><c>HOST</c>: the name or address at which clients and load balancers reach the room ports.</summary>
    public required string Address { get; init; }

    /// <summary><c>ROOM_PORTS</c>: first and last port for rooms.</summary>
    public (int First, int Last) RoomPorts { get; init; } = ServerSettings.RoomPorts.Default;

    /// <summary><c>MAX_ROOMS</c>: maximum number of open rooms. A room costs a port and some kilobytes.</summary>
    public int MaxRooms { get; init; } = ServerSettings.MaxRooms.Default;

    /// <summary><c>REBALANCE</c>: how rooms move to hosts that join.</summary>
    public RebalancePace Rebalance { get; init; } = Enum.Parse<RebalancePace>(ServerSettings.Rebalance.Default, ignoreCase: true);

    /// <summary><c>PARALLEL_MOVES</c>: rooms that a drain moves at the same time.</summary>
    public int ParallelMoves { get; init; } = ServerSettings.ParallelMoves.Default;

    /// <summary><c>ALLOWED_ORIGINS</c>: <c>*</c>, or origins, comma-separated.</summary>
    public string AllowedOrigins { get; init; } = ServerSettings.AllowedOrigins.Default;

    /// <summary><c>PUBLIC_URL</c>: pages of its origin may join.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary><c>RESERVED_NAMES</c>: names that require a token, comma-separated.</summary>
    public string ReservedNames { get; init; } = ServerSettings.ReservedNames.Default;

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

    /// <summary><c>SESSION_CONNECTIONS_PER_SECOND</c>: connections of a seated session that do not count for its address.</summary>
    public int SessionConnectionsPerSecond { get; init; } = ServerSettings.SessionConnectionsPerSecond.Default;

    /// <summary><c>MEMBERS_PER_ADDRESS</c>: seats of one address in a room; follows from the connection rate by default.</summary>
    public int MembersPerAddress
    {
        get => field < 0 ? Multiple(ConnectionsPerSecond, MembersPerConnectionRate) : field;
        init;
    } = FromRate;

    /// <summary><c>CONNECTIONS_PER_UID</c>: seats of one <c>uid</c> of tokens in a room.</summary>
    public int ConnectionsPerUid { get; init; } = ServerSettings.ConnectionsPerUid.Default;

    /// <summary><c>CONNECTIONS_PER_SESSION</c>: seats of one session with tokens in a room.</summary>
    public int ConnectionsPerSession { get; init; } = ServerSettings.ConnectionsPerSession.Default;

    /// <summary><c>BYTES_PER_SECOND</c>: bytes of text frames of a connection, inflated; follows from the message rate by default.</summary>
    public int BytesPerSecond
    {
        get => field < 0 ? Multiple(MessagesPerSecond, BytesPerMessage) : field;
        init;
    } = FromRate;

    /// <summary><c>ROOM_MESSAGES_PER_SECOND</c>: messages of all members of a room; follows from the message rate by default.</summary>
    public int RoomMessagesPerSecond
    {
        get => field < 0 ? Multiple(MessagesPerSecond, SendersPerRoom) : field;
        init;
    } = FromRate;

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
        Rebalance = Enum.Parse<RebalancePace>(settings.Read(ServerSettings.Rebalance), ignoreCase: true),
        ParallelMoves = settings.Read(ServerSettings.ParallelMoves),
        AllowedOrigins = settings.Read(ServerSettings.AllowedOrigins),
        PublicUrl = settings.Read(ServerSettings.PublicUrl),
        ReservedNames = settings.Read(ServerSettings.ReservedNames),
        MaxFrameBytes = settings.Read(ServerSettings.MaxFrameBytes),
        MaxTextLength = settings.Read(ServerSettings.MaxTextLength),
        MessagesPerSecond = settings.Read(ServerSettings.MessagesPerSecond),
        MessageBurst = settings.Read(ServerSettings.MessageBurst),
        ConnectionsPerSecond = settings.Read(ServerSettings.ConnectionsPerSecond),
        SessionConnectionsPerSecond = settings.Read(ServerSettings.SessionConnectionsPerSecond),
        MembersPerAddress = settings.Read(ServerSettings.MembersPerAddress) ?? FromRate,
        ConnectionsPerUid = settings.Read(ServerSettings.ConnectionsPerUid),
        ConnectionsPerSession = settings.Read(ServerSettings.ConnectionsPerSession),
        BytesPerSecond = settings.Read(ServerSettings.BytesPerSecond) ?? FromRate,
        RoomMessagesPerSecond = settings.Read(ServerSettings.RoomMessagesPerSecond) ?? FromRate,
        HandshakeTimeout = settings.Read(ServerSettings.HandshakeTimeout),
        PingInterval = settings.Read(ServerSettings.PingInterval),
        SilenceTimeout = settings.Read(ServerSettings.SilenceTimeout),
        RoomBufferBytes = settings.Read(ServerSettings.RoomBufferBytes),
    };

    private static int Multiple(int rate, int factor) => (int)Math.Min(int.MaxValue, (long)rate * factor);

    // Other machines cannot connect to a wildcard address.
    private static string DefaultAddress(IPAddress bind) =>
        bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any) ? Environment.MachineName
        : IPAddress.IsLoopback(bind) ? "localhost"
        : bind.ToString();
}
