using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>A snapshot of a room's record in Redis.</summary>
public sealed record RoomRecord
{
    /// <summary>The name of the room.</summary>
    public required string Name { get; init; }

    /// <summary>Its options: those of its creation, and later changes.</summary>
    public required RoomOptions Options { get; init; }

    /// <summary>The options as the record contains them: see <see cref="StoredOptions"/>.</summary>
    internal string? OptionsJson { get; init; }

    /// <summary>The <see cref="DataVersion"/> of the process that created or claimed the room last.</summary>
    public int Version { get; init; } = DataVersion.Current;

    /// <summary>The time of its creation, by the clock of Redis.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its state.</summary>
    public required RoomState State { get; init; }

    /// <summary>The id of the host that the room is assigned to.</summary>
    public required string HostId { get; init; }

    /// <summary>
    /// The instance that has the room open; empty until it is open. After a restart of the host this is another instance than the
    /// host's: the host has to open the room again.
    /// </summary>
    internal string Instance { get; init; } = "";

    /// <summary>The instance that saved the seats last; empty if none did.</summary>
    internal string SeatsInstance { get; init; } = "";

    /// <summary>The host name or address of its host; empty until the room is open.</summary>
    public required string Address { get; init; }

    /// <summary>Its port; 0 until the room is open.</summary>
    public required int Port { get; init; }

    /// <summary>Increases whenever the room is assigned to a host or claimed by one. A write with another term is refused.</summary>
    public required long Term { get; init; }

    /// <summary>Identifies the lifetime of the log; changes when the log is lost.</summary>
    public required string Epoch { get; init; }

    /// <summary>The sequence of the log's newest event; 0 if it has none. Always 0 for a room of <see cref="Durability.Memory"/>.</summary>
    public required long Seq { get; init; }

    /// <summary>The number of messages in this epoch.</summary>
    public required long Messages { get; init; }

    /// <summary>The number of members in the host's last report, at most about a second old.</summary>
    public required int Members { get; init; }

    /// <summary>The number of the newest announcement that is in the log, or was posted before the room was created.</summary>
    public required long Announced { get; init; }

    /// <summary>The number of the newest erasure that the room has carried out, or that was ordered before its creation.</summary>
    public long Erased { get; init; }

    /// <summary>The version of the room's sanctions; 0 if there never was one.</summary>
    public long SanctionsVersion { get; init; }

    /// <summary>
    /// The trace context of the order that waits for the room's host: the creation, a move or the shutdown. Null if no order waits, or
    /// if it was not traced.
    /// </summary>
    public string? Traceparent { get; init; }

    /// <summary>This record with the options of a newer one.</summary>
    public RoomRecord WithOptionsOf(RoomRecord newer) => this with { Options = newer.Options, OptionsJson = newer.OptionsJson };

    /// <summary>Reads the record; null if there is no such room.</summary>
    /// <exception cref="CorruptRecordException"/>
    internal static async Task<RoomRecord?> ReadAsync(IDatabase db, string name, CommandFlags flags = CommandFlags.None)
    {
        try
        {
            return FromHash(name, await db.HashGetAllAsync(RedisNames.Room(name), flags));
        }
        catch (Exception e) when (CorruptRecordException.IsCause(e))
        {
            throw new CorruptRecordException($"The record of the room {name} in Redis is corrupt.", e);
        }
    }

    internal static RoomRecord? FromHash(string name, HashEntry[] entries)
    {
        if (entries.Length == 0)
            return null;
        var fields = entries.ToDictionary(e => (string)e.Name!, e => e.Value);
        return new RoomRecord
        {
            Name = name,
            Options = StoredOptions.Read(fields["options"]!),
            OptionsJson = fields["options"],
            Version = fields.TryGetValue("version", out var dataVersion) ? (int)dataVersion : DataVersion.First,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)fields["createdAt"]),
            State = RoomStates.Parse(fields["state"]),
            HostId = fields["host"]!,
            Instance = fields["instance"]!,
            SeatsInstance = (string?)fields.GetValueOrDefault("keeper") ?? "",
            Address = fields["address"]!,
            Port = (int)fields["port"],
            Term = (long)fields["term"],
            Epoch = fields["epoch"]!,
            Seq = (long)fields["seq"],
            Messages = (long)fields["messages"],
            Members = (int)fields["members"],
            Announced = (long)fields["announced"],
            Erased = fields.TryGetValue("erased", out var erased) ? (long)erased : 0,
            SanctionsVersion = fields.TryGetValue("sanctions", out var version) ? (long)version : 0,
            Traceparent = fields.GetValueOrDefault(TraceContext.Field),
        };
    }
}

/// <summary>The states of a room.</summary>
public enum RoomState
{
    /// <summary>Assigned to a host that has not claimed it yet.</summary>
    Placing,

    /// <summary>Its host has no port or no capacity for it. Placement must assign it to another host.</summary>
    Refused,

    /// <summary>Claimed by its host. Its port accepts connections.</summary>
    Open,

    /// <summary>Its shutdown was ordered. Its host deletes it.</summary>
    Closing,
}

internal static class RoomStates
{
    public static RoomState Parse(RedisValue value) => (string?)value switch
    {
        "placing" => RoomState.Placing,
        "refused" => RoomState.Refused,
        "open" => RoomState.Open,
        "closing" => RoomState.Closing,
        var other => throw new InvalidDataException($"A room in Redis is in the unknown state '{other}'."),
    };
}
