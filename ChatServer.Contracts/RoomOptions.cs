using System.Text.Json.Serialization;

namespace ChatServer.Contracts;

/// <summary>What a backend may choose when it creates a room. Fixed for the room's life.</summary>
public sealed record RoomOptions
{
    /// <summary>Most events that <see cref="History"/> may ask for: 10,000 of the largest messages are 160 MB in Redis.</summary>
    public const int MaxHistory = 10_000;

    /// <summary>Longest title, in characters.</summary>
    public const int MaxTitleLength = 200;

    /// <summary>What people see above the room; null: its name.</summary>
    public string? Title { get; init; }

    /// <summary>Joining takes a token of this room.</summary>
    public bool Private { get; init; }

    /// <summary>Most members at a time; 0: no limit of its own.</summary>
    public int MaxMembers { get; init; }

    /// <summary>Events that the log keeps, 0 to <see cref="MaxHistory"/>.</summary>
    public int History { get; init; } = 1000;

    /// <summary>Where the log lives.</summary>
    public Durability Durability { get; init; } = Durability.Redis;

    /// <summary>Seconds without a member after which the room shuts itself down; 0: never.</summary>
    public int IdleTimeoutSeconds { get; init; }

    /// <summary>The first rule that these options break, or null when they are in order.</summary>
    public string? Validate() =>
        Title is not null && CharacterCount.Exceeds(MaxTitleLength, Title) ? $"title is longer than {MaxTitleLength} characters"
        : Title is not null && Title.Any(char.IsControl) ? "title has control characters"
        : MaxMembers < 0 ? "maxMembers is negative"
        : History is < 0 or > MaxHistory ? $"history is not between 0 and {MaxHistory}"
        : IdleTimeoutSeconds < 0 ? "idleTimeoutSeconds is negative"
        : null;
}

/// <summary>Where a room's log lives, and so what it survives.</summary>
[JsonConverter(typeof(DurabilityConverter))]
public enum Durability
{
    /// <summary>In Redis: an acknowledged message survives every process but Redis.</summary>
    [JsonStringEnumMemberName("redis")]
    Redis,

    /// <summary>In the memory of the room's host: faster, and gone with the host.</summary>
    [JsonStringEnumMemberName("memory")]
    Memory,
}

/// <summary>By name only: a number would be a durability that nobody asked for by name.</summary>
internal sealed class DurabilityConverter() : JsonStringEnumConverter<Durability>(namingPolicy: null, allowIntegerValues: false);
