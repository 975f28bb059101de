namespace ChatServer.Contracts;

/// <summary>Load of the machine on which the Admin runs, and of each RoomHost.</summary>
/// <param name="LoadAvg">Load averages of 1, 5 and 15 minutes; zeros if the system does not provide them.</param>
/// <param name="TotalMemory">Memory of the machine, in bytes.</param>
/// <param name="FreeMemory">Memory that is available to programs, in bytes.</param>
/// <param name="Percentage">Used memory in percent, 0–100.</param>
/// <param name="Cpus">Number of processors of the machine.</param>
/// <param name="Rooms">Names of all rooms, comma-separated.</param>
/// <param name="Capacity">Number of rooms that can still be created.</param>
/// <param name="OsUpTime">Seconds since the start of the machine.</param>
/// <param name="UpTime">Time since the start of the Admin, as an ISO 8601 duration.</param>
/// <param name="AcceptingConnections">Whether at least one RoomHost accepts new rooms.</param>
/// <param name="Hosts">The live RoomHosts.</param>
public sealed record LoadReport(
    IReadOnlyList<double> LoadAvg,
    long TotalMemory,
    long FreeMemory,
    double Percentage,
    int Cpus,
    string Rooms,
    int Capacity,
    long OsUpTime,
    string UpTime,
    bool AcceptingConnections,
    IReadOnlyList<HostLoad> Hosts);

/// <summary>Load of a RoomHost, as of the last renewal of its lease.</summary>
/// <param name="Id">Its <c>HOST_ID</c>.</param>
/// <param name="Host">The address at which its room ports are reached.</param>
/// <param name="Rooms">Number of open rooms.</param>
/// <param name="Capacity">Maximum number of open rooms.</param>
/// <param name="Connections">Number of members' connections.</param>
/// <param name="MessagesPerSecond">Rate of messages in its rooms.</param>
/// <param name="Cpu">Share of the machine's processors that the process uses, 0–1.</param>
/// <param name="Memory">Resident memory of the process, in bytes.</param>
/// <param name="State"><c>up</c>; <c>draining</c> or <c>stopping</c>: it accepts no new rooms.</param>
/// <param name="Version">Version of the process.</param>
/// <param name="LastSeen">Time of the last renewal of its lease.</param>
public sealed record HostLoad(
    string Id,
    string Host,
    int Rooms,
    int Capacity,
    int Connections,
    double MessagesPerSecond,
    double Cpu,
    long Memory,
    string State,
    string Version,
    DateTimeOffset LastSeen);

/// <summary>Description of a room for operators: a <see cref="RoomDescription"/> with the names of its members.</summary>
/// <param name="Name">Name of the room.</param>
/// <param name="Title">Title of the room.</param>
/// <param name="Host">Address of its RoomHost; empty while it moves to another one.</param>
/// <param name="Port">Its port on the RoomHost; 0 while it moves.</param>
/// <param name="Url">WebSocket address, through a load balancer if there is one.</param>
/// <param name="Members">Names of the members, without duplicates; null if the host did not answer.</param>
/// <param name="MemberCount">Number of members, as the host reported within about the last second.</param>
/// <param name="Messages">Number of messages in this epoch.</param>
/// <param name="Private">Whether joining requires a token.</param>
/// <param name="CreatedAt">Time of its creation.</param>
/// <param name="Options">Its options.</param>
/// <param name="People">The members with the <c>uid</c> of each, in the order of <paramref name="Members"/>; null as that is.</param>
public sealed record AdminRoomDescription(
    string Name,
    string Title,
    string Host,
    int Port,
    string Url,
    IReadOnlyList<string>? Members,
    int MemberCount,
    long Messages,
    bool Private,
    DateTimeOffset CreatedAt,
    RoomOptions Options,
    IReadOnlyList<RoomPerson>? People)
{
    /// <summary>Adds the members to a description.</summary>
    public static AdminRoomDescription Of(RoomDescription room, IReadOnlyList<string>? members, IReadOnlyList<RoomPerson>? people) => new(
        room.Name, room.Title, room.Host, room.Port, room.Url, members, room.Members, room.Messages, room.Private, room.CreatedAt,
        room.Options, people);
}

/// <summary>A member of a room.</summary>
/// <param name="User">Its name.</param>
/// <param name="Uid">The holder of the name.</param>
public sealed record RoomPerson(string User, string Uid);

/// <summary>A page of the list of rooms.</summary>
/// <param name="Rooms">The rooms, ordered by name.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last page.</param>
public sealed record AdminRoomPage(IReadOnlyList<AdminRoomDescription> Rooms, string? Next);

/// <summary>Response to the shutdown of a room.</summary>
public sealed record RoomShutdown(string Name, string Message);

/// <summary>Response to the shutdown of the server.</summary>
/// <param name="Message">Text for people.</param>
/// <param name="Rooms">Number of rooms that close.</param>
public sealed record ServerShutdown(string Message, int Rooms);

/// <summary>Response to an order to drain a host, or to end the draining.</summary>
public sealed record HostOrder(string Id, string Message);

/// <summary>Response to an order to rebalance.</summary>
/// <param name="Message">Text for people.</param>
/// <param name="Rooms">Number of rooms that move.</param>
public sealed record Rebalanced(string Message, int Rooms);

/// <summary>Response to an announcement.</summary>
/// <param name="Id">Id of the announcement.</param>
/// <param name="Rooms">Number of rooms that get it.</param>
public sealed record Announced(string Id, int Rooms);
