using System.Text.Json;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>What Redis knows of a room: a snapshot.</summary>
public sealed record RoomRecord
{
    public required string Name { get; init; }
    public required RoomOptions Options { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required RoomState State { get; init; }

    /// <summary>Id of the host that the room was given to.</summary>
    public required string HostId { get; init; }

    /// <summary>The process that opened it there; empty until the room is open. A host that was restarted has to open its rooms again.</summary>
    internal string Instance { get; init; } = "";

    /// <summary>The process that saved last who sits in the room; empty: none did.</summary>
    internal string SeatsInstance { get; init; } = "";

    /// <summary>Where that host can be reached; empty until the room is open.</summary>
    public required string Address { get; init; }

    /// <summary>0 until the room is open.</summary>
    public required int Port { get; init; }

    /// <summary>Raised each time the room is given to a host or claimed by one. Whoever writes with another one is refused.</summary>
    public required long Term { get; init; }

    /// <summary>Names this life of the log; changes when the log is lost.</summary>
    public required string Epoch { get; init; }

    /// <summary>Sequence of the log's newest event; 0: none yet. Not kept up for a room of <see cref="Durability.Memory"/>.</summary>
    public required long Seq { get; init; }

    /// <summary>Messages said in this epoch.</summary>
    public required long Messages { get; init; }

    /// <summary>Members, as told by the host within the last second or so.</summary>
    public required int Members { get; init; }

    /// <summary>Number of the newest announcement that this room has had, or did not exist for.</summary>
    public required long Announced { get; init; }

    /// <summary>
    /// Trace context of the order that the room's host has still to carry out: the creation, a move or the shutdown. Null: the order was
    /// carried out, or was not traced.
    /// </summary>
    public string? Traceparent { get; init; }

    internal static RoomRecord? FromHash(string name, HashEntry[] entries)
    {
        if (entries.Length == 0)
            return null;
        var fields = entries.ToDictionary(e => (string)e.Name!, e => e.Value);
        return new RoomRecord
        {
            Name = name,
            Options = JsonSerializer.Deserialize<RoomOptions>((string)fields["options"]!, ContractJson.Options)!,
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
            Traceparent = fields.GetValueOrDefault(TraceContext.Field),
        };
    }
}

/// <summary>Where a room is on its way from creation to deletion.</summary>
public enum RoomState
{
    /// <summary>Given to a host that has not opened it yet.</summary>
    Placing,

    /// <summary>The host it was given to had no port or no room left; it waits to be placed elsewhere.</summary>
    Refused,

    /// <summary>Its port accepts.</summary>
    Open,

    /// <summary>An operator shut it down; its host is about to delete it.</summary>
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
