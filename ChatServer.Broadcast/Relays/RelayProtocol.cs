namespace ChatServer.Broadcast.Relays;

/// <summary>
/// The protocol between a load balancer and the host of a room: one WebSocket on the room's port for all members of the room that the load
/// balancer holds. docs/relay.md describes it.
/// </summary>
/// <remarks>
/// Text messages of the host are the room's broadcasts, as members receive them. Binary messages concern the relay or one member: a type
/// (one byte), then the fields that <see cref="RelayWriter"/> writes, little-endian.
/// </remarks>
internal static class RelayProtocol
{
    /// <summary>The subprotocol of the handshake.</summary>
    public const string SubProtocol = "chat.relay.v1";

    /// <summary>The header of the handshake with the secret that all services share through Redis.</summary>
    public const string SecretHeader = "X-Relay-Secret";

    /// <summary>Bytes of a message beside its payload, at most.</summary>
    public const int MaxOverheadBytes = 64;

    /// <summary>Largest message that a load balancer sends: a member's frame, or a part of an attach.</summary>
    public const int MaxAttachBytes = 256 * 1024;

    /// <summary>Time between two pings, in both directions.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(2);

    /// <summary>Silence after which a relay is lost.</summary>
    public static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(5);
}

/// <summary>The type of a binary message.</summary>
internal enum RelayMessage : byte
{
    /// <summary>To the host: JSON of <see cref="RelayAttach"/>. The first message of a relay, in parts.</summary>
    Attach = 1,

    /// <summary>To the host: a member, and JSON of <see cref="RelayJoin"/>.</summary>
    Join = 2,

    /// <summary>To the host: a member, the number of its frame, whether the frame is sent again, and a text.</summary>
    Text = 3,

    /// <summary>To the host: a member, the number of its frame, and the payload of a ping.</summary>
    Ping = 4,

    /// <summary>To the host: a member that has taken all of its last page of missed events.</summary>
    NextPage = 5,

    /// <summary>To the host: a member whose connection is gone.</summary>
    Left = 6,

    /// <summary>To the load balancer: JSON of <see cref="RelayAttached"/>. The first message of the host.</summary>
    Attached = 10,

    /// <summary>To the load balancer: a member, JSON of <see cref="RelayAccepted"/>, and its first frames.</summary>
    Accepted = 11,

    /// <summary>To the load balancer: a member, and JSON of <see cref="RelayRefused"/>.</summary>
    Refused = 12,

    /// <summary>
    /// To the load balancer: a member, the sequence of the last missed event that it has with this message, whether a
    /// <see cref="NextPage"/> is expected, and finished frames.
    /// </summary>
    Unicast = 13,

    /// <summary>To the load balancer: a member that follows the broadcasts from here on.</summary>
    Follow = 14,

    /// <summary>To the load balancer: pairs of a member and the number of a frame that was carried out or refused.</summary>
    Acks = 15,

    /// <summary>To the load balancer: a member, code, whether to reconnect, whether at once, and the reason of its close.</summary>
    Close = 16,

    /// <summary>To the load balancer: a member, and the state that replaces the one with which it joined.</summary>
    State = 17,
}

/// <summary>A load balancer attaches to a room: with its position and its members, or with neither for the first member.</summary>
/// <param name="LoadBalancer">Identifies the process: a newer relay of it replaces an older one.</param>
/// <param name="Epoch">Epoch of the room; null for a load balancer without members.</param>
/// <param name="Seq">Sequence of the last event that the load balancer has.</param>
/// <param name="Members">A part of the members.</param>
/// <param name="IsLast">Whether this is the last part.</param>
internal sealed record RelayAttach(string LoadBalancer, string? Epoch, long Seq, IReadOnlyList<RelayMember> Members, bool IsLast);

/// <summary>A member that a load balancer holds.</summary>
/// <param name="Number">Identifies it within the relay.</param>
/// <param name="State">What <see cref="RelayAccepted.State"/> was.</param>
/// <param name="JoinNumber">What <see cref="RelayAccepted.JoinNumber"/> was.</param>
/// <param name="After">Sequence of the last event that it has; null if it follows the broadcasts.</param>
/// <param name="HasPage">Whether it has not taken its last page yet.</param>
internal sealed record RelayMember(uint Number, string State, long JoinNumber, long? After, bool HasPage = false);

/// <summary>The handshake of a member, as the load balancer received it.</summary>
/// <param name="Protocol">The version of HTTP, such as <c>HTTP/1.1</c>.</param>
/// <param name="Query">The query, with its question mark.</param>
/// <param name="Headers">Names and values.</param>
/// <param name="Scheme">The scheme that the client used.</param>
/// <param name="Host">The host that the client used.</param>
/// <param name="Address">The client's address, behind trusted proxies.</param>
/// <param name="PageOrigin">The origin of the pages that the load balancer serves to this client; null if it is not trustworthy.</param>
internal sealed record RelayJoin(
    string Protocol, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, string Scheme, string Host, string? Address,
    string? PageOrigin = null);

/// <summary>A room has attached a load balancer.</summary>
/// <param name="Term">The term under which the host has the room. A load balancer ignores a lower term than it has seen.</param>
/// <param name="Epoch">The room's epoch.</param>
/// <param name="Resumed">Whether everything after the load balancer's position follows. Otherwise its members must reconnect.</param>
/// <param name="Seq">Sequence of the last event before the broadcasts that follow.</param>
/// <param name="IsDurable">Whether the room can move to another host.</param>
/// <param name="MaxFrameBytes">Largest frame of a member.</param>
/// <param name="PingInterval">Time between pings to members.</param>
/// <param name="SilenceTimeout">Silence after which a member is closed.</param>
/// <param name="RingBytes">Bytes that a slow member may fall behind.</param>
internal sealed record RelayAttached(
    long Term, string Epoch, bool Resumed, long Seq, bool IsDurable, int MaxFrameBytes, TimeSpan PingInterval, TimeSpan SilenceTimeout,
    int RingBytes);

/// <summary>A member has joined.</summary>
/// <param name="Headers">The headers of the 101.</param>
/// <param name="State">What the host needs to attach the member again, opaque to the load balancer.</param>
/// <param name="JoinNumber">Increases with every join of the room, across its hosts: of one session the higher number wins.</param>
/// <param name="After">Sequence of the event after which the member's missed events begin.</param>
internal sealed record RelayAccepted(IReadOnlyList<KeyValuePair<string, string>> Headers, string State, long JoinNumber, long After);

/// <summary>The answer to a handshake that was refused.</summary>
internal sealed record RelayRefused(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body);
