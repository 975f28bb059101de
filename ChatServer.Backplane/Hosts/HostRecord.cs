using System.Globalization;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>The record of a RoomHost, stored with each renewal of its lease.</summary>
public sealed record HostRecord
{
    /// <summary>The id of the host.</summary>
    public required string Id { get; init; }

    /// <summary>The host name or address at which its room ports can be reached.</summary>
    public required string Address { get; init; }

    /// <summary>The number of rooms that are open there.</summary>
    public required int Rooms { get; init; }

    /// <summary>The maximum number of rooms that it opens.</summary>
    public required int Capacity { get; init; }

    /// <summary>The number of connections in its rooms.</summary>
    public required int Connections { get; init; }

    /// <summary>Messages per second in its rooms, on average over the last second.</summary>
    public required double MessagesPerSecond { get; init; }

    /// <summary>The share of the machine's CPU time that its process used, 0 to 1.</summary>
    public required double Cpu { get; init; }

    /// <summary>The resident memory of its process, in bytes.</summary>
    public required long Memory { get; init; }

    /// <summary><see cref="Up"/>, <see cref="Draining"/> or <see cref="Stopping"/>. Only a host that is up accepts new rooms.</summary>
    public required string State { get; init; }

    /// <summary>The version of its program.</summary>
    public required string Version { get; init; }

    /// <summary>The newest <see cref="ChatServer.Backplane.DataVersion"/> of rooms that it opens.</summary>
    public int DataVersion { get; init; } = Backplane.DataVersion.Current;

    /// <summary>The time of the last renewal, by the clock of the host.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Whether new rooms may be assigned to the host.</summary>
    public bool AcceptsRooms => State == Up;

    /// <summary>State: accepts rooms.</summary>
    public const string Up = "up";

    /// <summary>State: has a drain order.</summary>
    public const string Draining = "draining";

    /// <summary>State: the process stops.</summary>
    public const string Stopping = "stopping";

    internal RedisValue[] Fields() =>
    [
        "address", Address, "rooms", Rooms, "capacity", Capacity, "connections", Connections,
        "messagesPerSecond", MessagesPerSecond.ToString("R", CultureInfo.InvariantCulture),
        "cpu", Cpu.ToString("R", CultureInfo.InvariantCulture),
        "memory", Memory, "state", State, "version", Version, "dataVersion", DataVersion, "lastSeen", LastSeen.ToUnixTimeMilliseconds(),
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
            DataVersion = fields.TryGetValue("dataVersion", out var version) ? (int)version : Backplane.DataVersion.First,
            LastSeen = DateTimeOffset.FromUnixTimeMilliseconds((long)fields["lastSeen"]),
        };
    }
}
