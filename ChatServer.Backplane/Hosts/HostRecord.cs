using System.Globalization;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>What a RoomHost tells of itself with each renewal of its lease.</summary>
public sealed record HostRecord
{
    public required string Id { get; init; }

    /// <summary>Host name or address at which its room ports can be reached.</summary>
    public required string Address { get; init; }

    public required int Rooms { get; init; }

    /// <summary>Most rooms it opens.</summary>
    public required int Capacity { get; init; }

    public required int Connections { get; init; }

    /// <summary>Messages said in its rooms in the last second.</summary>
    public required double MessagesPerSecond { get; init; }

    /// <summary>Its process's share of the machine's processors, 0–1.</summary>
    public required double Cpu { get; init; }

    /// <summary>Resident memory of its process, in bytes.</summary>
    public required long Memory { get; init; }

    /// <summary><c>up</c>, or <c>draining</c> or <c>stopping</c>: no new rooms.</summary>
    public required string State { get; init; }

    public required string Version { get; init; }

    /// <summary>When the lease was renewed last.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Whether new rooms may be placed there.</summary>
    public bool AcceptsRooms => State == Up;

    public const string Up = "up";
    public const string Draining = "draining";
    public const string Stopping = "stopping";

    internal RedisValue[] Fields() =>
    [
        "address", Address, "rooms", Rooms, "capacity", Capacity, "connections", Connections,
        "messagesPerSecond", MessagesPerSecond.ToString("R", CultureInfo.InvariantCulture), "cpu", Cpu.ToString("R", CultureInfo.InvariantCulture),
        "memory", Memory, "state", State, "version", Version, "lastSeen", LastSeen.ToUnixTimeMilliseconds(),
    ];

    internal static HostRecord? FromHash(string id, HashEntry[] entries)
    {
        if (entries.Length == 0)
            return null;
        var fields = entries.ToDictionary(e => (string)e.Name!, e => e.Value);
        return new HostRecord
        {
            Id = id,
            Address = fields["address"]!,
            Rooms = (int)fields["rooms"],
            Capacity = (int)fields["capacity"],
            Connections = (int)fields["connections"],
            MessagesPerSecond = (double)fields["messagesPerSecond"],
            Cpu = (double)fields["cpu"],
            Memory = (long)fields["memory"],
            State = fields["state"]!,
            Version = fields["version"]!,
            LastSeen = DateTimeOffset.FromUnixTimeMilliseconds((long)fields["lastSeen"]),
        };
    }
}
