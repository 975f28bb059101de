namespace ChatServer.Contracts;

/// <summary>How loaded the server is: the machine that the Admin runs on, and every RoomHost.</summary>
/// <param name="LoadAvg">Processes that ran or waited to run, averaged over 1, 5 and 15 minutes; zeros where the system does not tell.</param>
/// <param name="TotalMemory">Bytes of the machine.</param>
/// <param name="FreeMemory">Bytes of it that programs can still have.</param>
/// <param name="Percentage">Share of the memory that is in use, 0–100.</param>
/// <param name="Cpus">Processors of the machine.</param>
/// <param name="Rooms">Names of all rooms, separated by commas.</param>
/// <param name="Capacity">Rooms that can still be created.</param>
/// <param name="OsUpTime">Seconds since the machine started.</param>
/// <param name="UpTime">Since the Admin started: an ISO 8601 duration.</param>
/// <param name="AcceptingConnections">Whether at least one RoomHost takes new rooms and members.</param>
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

/// <summary>One RoomHost, as it told with the last renewal of its lease.</summary>
/// <param name="Id">Its <c>HOST_ID</c>.</param>
/// <param name="Host">The address at which its room ports are reached.</param>
/// <param name="Rooms">Rooms that it has open.</param>
/// <param name="Capacity">Most rooms that it opens.</param>
/// <param name="Connections">Members' connections.</param>
/// <param name="MessagesPerSecond">Messages said in its rooms.</param>
/// <param name="Cpu">Its process's share of its machine's processors, 0–1.</param>
/// <param name="Memory">Resident bytes of its process.</param>
/// <param name="State"><c>up</c>, or <c>draining</c> or <c>stopping</c>: no new rooms.</param>
/// <param name="Version">Version of its build.</param>
/// <param name="LastSeen">When it renewed its lease.</param>
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

/// <summary>A room as an operator sees it: a <see cref="RoomDescription"/> with its members by name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What people see above it.</param>
/// <param name="Host">Address of the RoomHost that has it; empty while it moves to another one.</param>
/// <param name="Port">Its port there; 0 while it moves.</param>
/// <param name="Url">WebSocket address, through a load balancer where there is one.</param>
/// <param name="Members">Distinct names of those in the room; null when its host did not answer.</param>
/// <param name="MemberCount">How many members it has, as the host told within the last second or so.</param>
/// <param name="Messages">Messages said in this epoch.</param>
/// <param name="Private">Joining takes a token.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Options">What it was created with.</param>
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
    RoomOptions Options)
{
    /// <summary>Adds the names to what everyone may see.</summary>
    public static AdminRoomDescription Of(RoomDescription room, IReadOnlyList<string>? members) => new(
        room.Name, room.Title, room.Host, room.Port, room.Url, members, room.Members, room.Messages, room.Private, room.CreatedAt, room.Options);
}

/// <summary>A page of the listing of rooms.</summary>
/// <param name="Rooms">By name.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last.</param>
public sealed record AdminRoomPage(IReadOnlyList<AdminRoomDescription> Rooms, string? Next);

/// <summary>Answer to the shutdown of a room.</summary>
public sealed record RoomShutdown(string Name, string Message);

/// <summary>Answer to the shutdown of the server; <paramref name="Rooms"/> close.</summary>
public sealed record ServerShutdown(string Message, int Rooms);

/// <summary>Answer to an order to drain a host, or to take rooms again.</summary>
public sealed record HostOrder(string Id, string Message);

/// <summary>Answer to an announcement: its id, and the number of rooms that it is for.</summary>
public sealed record Announced(string Id, int Rooms);
