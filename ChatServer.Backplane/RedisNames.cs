using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// Every key and channel in Redis, declared once. Facts are keys; a message on a channel only tells a process to read keys.
/// </summary>
/// <remarks>
/// In a Redis Cluster a script, or a command with several keys, must find them in one hash slot: the part of a key in braces, its hash tag,
/// selects the slot. The keys of a room have the tag <c>{room}</c>, those of a host <c>{id}</c>, and those of one list of orders or entries
/// the name of the list. All other keys are used alone. A change that concerns several of these groups consists of several steps, and
/// remains correct if a step fails: a repeated call, or the next periodic check, completes it. A room may be named like a list
/// (<c>announcements</c>), so a list has no key that a room has.
/// </remarks>
internal static class RedisNames
{
    // ---- keys

    /// <summary>
    /// Hash, for the lifetime of the room: <c>options</c> (JSON), <c>durability</c>, <c>createdAt</c> (Unix ms), <c>state</c>,
    /// <c>host</c>, <c>instance</c>, <c>keeper</c> (the instance that saved the seats last), <c>address</c>, <c>port</c>, <c>term</c>,
    /// <c>epoch</c>, <c>seq</c>, <c>messages</c>, <c>members</c>, <c>announced</c>, <c>erased</c>, <c>sanctions</c> (version of
    /// <see cref="Sanctions"/>), and, while a traced order waits for the host, <c>traceparent</c> (see <see cref="TraceContext"/>). Written
    /// by scripts only, each of which compares <c>term</c> or the absence of the key. Read by all processes.
    /// </summary>
    public static string Room(string name) => $"chat:{{{name}}}:room";

    /// <summary>
    /// List of <see cref="LogEntry"/>, newest last, at most <c>history</c> entries, for the lifetime of the room. The first entry states
    /// its sequence. Entries behind the room's <c>seq</c> belong to an append during which Redis crashed; they are not in the log.
    /// Written by the room's host (<c>append.lua</c>). Read by all processes.
    /// </summary>
    public static string RoomLog(string name) => $"chat:{{{name}}}:log";

    /// <summary>
    /// List, newest last, of the keys and sequences of the last
    /// <see cref="ChatServer.Backplane.Rooms.RoomLog.MaxDedupeKeys"/> messages, for the lifetime
    /// of a room whose log keeps fewer events. Written with the log. Read by the host that claims the room.
    /// </summary>
    public static string RoomMessageKeys(string name) => $"chat:{{{name}}}:said";

    /// <summary>
    /// Hash, for the lifetime of the room: each seat (JSON), by the <see cref="RoomSeat.Key"/> of its session. Written by the room's
    /// host (<c>save-seats.lua</c>), which also writes its instance to the room's <c>keeper</c>. Read by the host that claims the room;
    /// valid while the keeper has its <see cref="InstanceAlive"/>.
    /// </summary>
    public static string RoomSeats(string name) => $"chat:{{{name}}}:seats";

    /// <summary>
    /// Hash: the sanctions of a room, for its lifetime; of all rooms, if <paramref name="room"/> is null. Each value is the expiry (Unix ms
    /// of Redis' clock; 0: never), a space, and a <see cref="Sanction"/> in JSON. <c>version</c> increases with each change; for a room the
    /// field <c>sanctions</c> of its record does too, so that its host need not read this key. Written by <c>moderate.lua</c>.
    /// </summary>
    public static string Sanctions(string? room) => room is null ? "chat:{sanctions}:all" : $"chat:{{{room}}}:sanctions";

    /// <summary>
    /// Sorted set of the ids of the latest moderation commands, by time (Unix ms): a command that is repeated after a move has no second
    /// effect. Written by <c>moderate.lua</c>.
    /// </summary>
    public static string ModerationCommands(string? room) => room is null ? "chat:{sanctions}:commands" : $"chat:{{{room}}}:moderated";

    /// <summary>Sorted set of the names of all rooms, with scores 0: the index for listings.</summary>
    public const string Rooms = "chat:rooms";

    /// <summary>
    /// Counter: rooms that clients of a network created without a key. Expires <see cref="OpenRoomQuota.Window"/> after the first. Written
    /// by Apis (<c>take-quota.lua</c>).
    /// </summary>
    public static string OpenRooms(string network) => $"chat:open-rooms:{{{network}}}";

    /// <summary>
    /// Set of the rooms that were created with a key, by its fingerprint. It may contain rooms that were deleted since: they are removed when
    /// the key reaches its limit. Written and read by Apis.
    /// </summary>
    public static string RoomsOfKey(string fingerprint) => $"chat:key-rooms:{{{fingerprint}}}";

    /// <summary>Set of the ids of the hosts that have a lease, or had one and still have rooms.</summary>
    public const string Hosts = "chat:hosts";

    /// <summary>
    /// Hash with the fields of <see cref="HostRecord"/>. Expires with the host's lease: a host is alive if the key exists.
    /// </summary>
    public static string Host(string id) => $"chat:host:{{{id}}}";

    /// <summary>
    /// String, written with every renewal of a host's lease. Expires <see cref="HostLease.InstanceRetention"/> after the last one.
    /// </summary>
    public static string InstanceAlive(string instance) => $"chat:instance:{instance}";

    /// <summary>Set of the names of the rooms that a host should have open or should close. Written by placement and by orders.</summary>
    public static string HostRooms(string id) => $"chat:host:{{{id}}}:rooms";

    /// <summary>
    /// String: a <see cref="ChatServer.Backplane.Hosts.RebalanceOrder"/> (number of rooms, a space, the pace), until the host takes it, at
    /// most <see cref="HostRebalance.OrderLifetime"/>. Written by the Admin and by the coordinator.
    /// </summary>
    public static string RebalanceOrder(string host) => $"chat:host:{{{host}}}:rebalance";

    /// <summary>
    /// String: the instance that moves the rooms of dead hosts. Expires like a host's lease. Written by <see cref="RoomRescue"/>.
    /// </summary>
    public const string Coordinator = "chat:coordinator";

    /// <summary>Set of the ids of the hosts with a drain order. Written by <see cref="HostDrain"/>.</summary>
    public const string Draining = "chat:hosts:draining";

    /// <summary>
    /// String: the <see cref="TraceContext"/> of the drain order to a host, if the order was traced. Written by <see cref="HostDrain"/>,
    /// read by the host. Expires after <see cref="HostDrain.TraceLifetime"/>.
    /// </summary>
    public static string DrainTrace(string id) => $"chat:host:{{{id}}}:drain-traceparent";

    /// <summary>Counter: the number of the newest announcement. Written by <c>post-announcement.lua</c>.</summary>
    public const string AnnouncementCounter = "chat:{announcements}:counter";

    /// <summary>
    /// Sorted set of announcements (JSON) by number. Those older than
    /// <see cref="ChatServer.Backplane.Messages.Announcements.Retention"/> are removed.
    /// </summary>
    public const string Announcements = "chat:{announcements}:all";

    /// <summary>Counter: the number of the newest entry of the audit trail. Written by <c>write-audit.lua</c>.</summary>
    public const string AuditCounter = "chat:{audit}:counter";

    /// <summary>
    /// Sorted set of the entries of the audit trail (number, Unix ms and JSON) by number, bounded by number and age. Written by the process
    /// that carried out or refused the action (<c>write-audit.lua</c>), read by Admins.
    /// </summary>
    public const string Audit = "chat:{audit}:entries";

    /// <summary>As <see cref="Audit"/>: the commands of moderators in rooms.</summary>
    public const string ModeratorCommands = "chat:{audit}:moderators";

    /// <summary>As <see cref="Audit"/>: the calls without a valid key.</summary>
    public const string UnauthorizedCalls = "chat:{audit}:unauthorized";

    /// <summary>Counter: the number of the newest erasure. Written by <c>post-announcement.lua</c>.</summary>
    public const string ErasureCounter = "chat:{erasures}:counter";

    /// <summary>
    /// Sorted set of the erasures by number: the <c>uid</c> whose messages every room deletes, after the number and a space. Kept, because
    /// a room can be without a host for any time.
    /// </summary>
    public const string Erasures = "chat:{erasures}:all";

    /// <summary>
    /// String: a random id, written by each shutdown order. A process stops if the id differs from the one that it read at its start. After
    /// the id and a space, the <see cref="TraceContext"/> of the order, if it was traced.
    /// </summary>
    public const string Shutdown = "chat:shutdown";

    /// <summary>String: a random id, written by the first process that finds none. If it changed, Redis lost its data.</summary>
    public const string Generation = "chat:generation";

    /// <summary>String: written by health checks, to learn whether Redis accepts writes. Expires after a minute.</summary>
    public const string HealthProbe = "chat:health";

    /// <summary>
    /// String: a random secret, written by the first process that finds none. RoomHosts accept relays of load balancers that know it.
    /// </summary>
    public const string RelaySecret = "chat:relay-secret";

    /// <summary>
    /// String: a random secret, written by the first process that finds none. The Admin signs its join tokens with a key derived from it,
    /// and every verifier of tokens reads it.
    /// </summary>
    public const string AdminTokenSecret = "chat:admin-token-secret";

    /// <summary>
    /// String: a random secret, written by the first process that finds none. RoomHosts derive the <c>uid</c> of members without a token
    /// from it. A host that knows it restores it after a loss of data.
    /// </summary>
    public const string IdentitySecret = "chat:identity-secret";

    /// <summary>Every key of a room, the room's hash first, for scripts that delete or restore a room.</summary>
    public static RedisKey[] RoomKeys(string name) =>
        [Room(name), RoomLog(name), RoomSeats(name), RoomMessageKeys(name), Sanctions(name), ModerationCommands(name)];

    // ---- channels

    /// <summary>To one host. Payload: <c>r {room}</c> (reconcile this room), or <c>c {json}</c> (a <see cref="Command"/>).</summary>
    public static string HostChannel(string id) => $"chat:host:{id}";

    /// <summary>To one process that sent commands. Payload: a <see cref="Reply"/> in JSON.</summary>
    public static string ReplyChannel(string instance) => $"chat:reply:{instance}";

    /// <summary>To all processes: a room was opened, refused or deleted. Payload: its name.</summary>
    public const string RoomChanged = "chat:rooms:changed";

    /// <summary>To all Apis: a load balancer has started. Payload: empty.</summary>
    public const string LoadBalancerStarted = "chat:load-balancers:started";

    /// <summary>To all processes: an announcement, a drain order or a shutdown order was written. Payload: empty.</summary>
    public const string ClusterSignal = "chat:look";
}
