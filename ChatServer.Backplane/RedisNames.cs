using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// Every key and channel in Redis, declared once. Keys are the truth; a channel only says "look". The keys of one room
/// share the hash tag <c>{room}</c>, so a script that touches one room runs on one node of a Redis Cluster.
/// </summary>
internal static class RedisNames
{
    // ---- keys

    /// <summary>
    /// Hash, for as long as the room exists: <c>options</c> (JSON), <c>durability</c>, <c>createdAt</c> (Unix ms), <c>state</c>,
    /// <c>host</c>, <c>instance</c>, <c>keeper</c>, <c>address</c>, <c>port</c>, <c>term</c>, <c>epoch</c>, <c>seq</c>, <c>messages</c>,
    /// <c>members</c>, <c>announced</c>, and while an order waits for the host that was traced, <c>traceparent</c> (see <see cref="TraceContext"/>).
    /// Written by scripts only, each of which compares <c>term</c> or the absence of the key. Read by everyone.
    /// </summary>
    public static string Room(string name) => $"chat:{{{name}}}:room";

    /// <summary>
    /// List, newest last, at most <c>history</c> entries: see <see cref="LogEntry"/>. The first one says its sequence; behind the room's <c>seq</c> may
    /// lie what Redis did not live to append, which is not in the log.
    /// Written by the room's host through <c>append.lua</c>. Read by everyone. Lives as long as the room.
    /// </summary>
    public static string RoomLog(string name) => $"chat:{{{name}}}:log";

    /// <summary>
    /// List, newest last, of the keys and sequences of the last <see cref="Backplane.RoomLog.MaxDedupeKeys"/> messages, for a room whose
    /// log keeps fewer events. Written with the log, and read by the host that takes the room. Lives as long as the room.
    /// </summary>
    public static string RoomMessageKeys(string name) => $"chat:{{{name}}}:said";

    /// <summary>
    /// Hash: who sits in the room, a name by what stands for its session. Written by the room's host through <c>save-seats.lua</c>, which leaves its
    /// instance in the room's <c>keeper</c> (<c>instance</c> is emptied by a move). Read when a host takes the room, and worth something while
    /// the keeper has its <see cref="InstanceAlive"/>. Lives as long as the room.
    /// </summary>
    public static string RoomSeats(string name) => $"chat:{{{name}}}:seats";

    /// <summary>Sorted set, scores 0, of the names of all rooms: the index that listings page through.</summary>
    public const string Rooms = "chat:rooms";

    /// <summary>Set of the ids of the hosts that have a lease, or had one and still have rooms.</summary>
    public const string Hosts = "chat:hosts";

    /// <summary>Hash with what a host tells of itself. Written and kept alive by the host's lease, so: exists = alive.</summary>
    public static string Host(string id) => $"chat:host:{{{id}}}";

    /// <summary>
    /// String, written with every renewal of a host's lease: outlives the process by <see cref="HostLease.InstanceRetention"/>.
    /// </summary>
    public static string InstanceAlive(string instance) => $"chat:instance:{instance}";

    /// <summary>Set of the names of the rooms that a host should have open. Written by placement and by closing.</summary>
    public static string HostRooms(string id) => $"chat:host:{{{id}}}:rooms";

    /// <summary>String, as long-lived as a host's lease: the instance that moves the rooms of dead hosts. Written by <see cref="RoomRescue"/>.</summary>
    public const string Coordinator = "chat:coordinator";

    /// <summary>Set of the ids of the hosts that were told to drain: no new rooms, and those they have move away. Written by <see cref="HostDrain"/>.</summary>
    public const string Draining = "chat:hosts:draining";

    /// <summary>
    /// String: <see cref="TraceContext"/> of the order to a host to drain, if it was traced. Written by <see cref="HostDrain"/>, read by
    /// the host when it obeys. Expires after <see cref="HostDrain.TraceLifetime"/>.
    /// </summary>
    public static string DrainTrace(string id) => $"chat:host:{{{id}}}:drain-traceparent";

    /// <summary>Counter behind <see cref="Announcements"/>: the number of the newest one. Written by <c>post-announcement.lua</c>.</summary>
    public const string AnnouncementCounter = "chat:{announcements}:counter";

    /// <summary>Sorted set of announcements (JSON) by their number; those older than <see cref="Announcements.Retention"/> are dropped.</summary>
    public const string Announcements = "chat:{announcements}:log";

    /// <summary>
    /// String: a random id written by the shutdown that was ordered last. A process obeys when it differs from what it saw at its start.
    /// Behind the id, after a space, the <see cref="TraceContext"/> of the order, if it was traced.
    /// </summary>
    public const string Shutdown = "chat:shutdown";

    /// <summary>String: a random id, set once by whoever comes first. When it changes, Redis lost its data.</summary>
    public const string Generation = "chat:generation";

    /// <summary>Every key of a room, the room's own first: what scripts take that delete or make one.</summary>
    public static RedisKey[] RoomKeys(string name) => [Room(name), RoomLog(name), RoomSeats(name), RoomMessageKeys(name)];

    // ---- channels

    /// <summary>To one host. Payload: <c>r {room}</c> "look at this room", or <c>c {json}</c> a <see cref="Command"/>.</summary>
    public static string HostChannel(string id) => $"chat:host:{id}";

    /// <summary>To one process that sent commands. Payload: a <see cref="Reply"/> in JSON.</summary>
    public static string ReplyChannel(string instance) => $"chat:reply:{instance}";

    /// <summary>To everyone: a room opened, moved or closed. Payload: its name.</summary>
    public const string RoomChanged = "chat:rooms:changed";

    /// <summary>To everyone: a new announcement, or a shutdown. Payload: empty.</summary>
    public const string ClusterSignal = "chat:look";
}
