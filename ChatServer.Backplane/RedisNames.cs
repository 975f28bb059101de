using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// Every key and channel in Redis, declared once. Facts are keys; a message on a channel only tells a process to read keys. The keys of one
/// room share the hash tag <c>{room}</c>, so a script that accesses one room runs on one node of a Redis Cluster.
/// </summary>
internal static class RedisNames
{
    // ---- keys

    /// <summary>
    /// Hash, for the lifetime of the room: <c>options</c> (JSON), <c>durability</c>, <c>createdAt</c> (Unix ms), <c>state</c>,
    /// <c>host</c>, <c>instance</c>, <c>keeper</c> (the instance that saved the seats last), <c>address</c>, <c>port</c>, <c>term</c>,
    /// <c>epoch</c>, <c>seq</c>, <c>messages</c>, <c>members</c>, <c>announced</c>, and, while a traced order waits for the host,
    /// <c>traceparent</c> (see <see cref="TraceContext"/>). Written by scripts only, each of which compares <c>term</c> or the absence of
    /// the key. Read by all processes.
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
    /// Hash, for the lifetime of the room: the name of each seat, by the <see cref="RoomSeat.Key"/> of its session. Written by the room's
    /// host (<c>save-seats.lua</c>), which also writes its instance to the room's <c>keeper</c>. Read by the host that claims the room;
    /// valid while the keeper has its <see cref="InstanceAlive"/>.
    /// </summary>
    public static string RoomSeats(string name) => $"chat:{{{name}}}:seats";

    /// <summary>Sorted set of the names of all rooms, with scores 0: the index for listings.</summary>
    public const string Rooms = "chat:rooms";

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
    public const string Announcements = "chat:{announcements}:log";

    /// <summary>
    /// String: a random id, written by each shutdown order. A process stops if the id differs from the one that it read at its start. After
    /// the id and a space, the <see cref="TraceContext"/> of the order, if it was traced.
    /// </summary>
    public const string Shutdown = "chat:shutdown";

    /// <summary>String: a random id, written by the first process that finds none. If it changed, Redis lost its data.</summary>
    public const string Generation = "chat:generation";

    /// <summary>Every key of a room, the room's hash first, for scripts that delete or restore a room.</summary>
    public static RedisKey[] RoomKeys(string name) => [Room(name), RoomLog(name), RoomSeats(name), RoomMessageKeys(name)];

    // ---- channels

    /// <summary>To one host. Payload: <c>r {room}</c> (reconcile this room), or <c>c {json}</c> (a <see cref="Command"/>).</summary>
    public static string HostChannel(string id) => $"chat:host:{id}";

    /// <summary>To one process that sent commands. Payload: a <see cref="Reply"/> in JSON.</summary>
    public static string ReplyChannel(string instance) => $"chat:reply:{instance}";

    /// <summary>To all processes: a room was opened, refused or deleted. Payload: its name.</summary>
    public const string RoomChanged = "chat:rooms:changed";

    /// <summary>To all processes: an announcement, a drain order or a shutdown order was written. Payload: empty.</summary>
    public const string ClusterSignal = "chat:look";
}
