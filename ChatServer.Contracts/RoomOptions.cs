using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ChatServer.Contracts;

/// <summary>Options of a room, chosen at its creation. Some of them may change later: see <see cref="RoomChange"/>.</summary>
public sealed record RoomOptions
{
    /// <summary>Maximum of <see cref="History"/>: 10,000 of the largest messages take 160 MB in Redis.</summary>
    public const int MaxHistory = 10_000;

    /// <summary>Maximum length of a title, in characters.</summary>
    public const int MaxTitleLength = 200;

    /// <summary>
    /// Maximum of <see cref="SlowModeSeconds"/>: six hours. A slower room is an announcement board: mute its members instead.
    /// </summary>
    public const int MaxSlowModeSeconds = 21_600;

    /// <summary>Title of the room; null: its name.</summary>
    [MaxLength(MaxTitleLength)]
    public string? Title { get; init; }

    /// <summary>Whether joining requires a token for the room.</summary>
    public bool Private { get; init; }

    /// <summary>Maximum number of members; 0: no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxMembers { get; init; }

    /// <summary>Number of events that the log keeps.</summary>
    [Range(0, MaxHistory)]
    public int History { get; init; } = 1000;

    /// <summary>Location of the log.</summary>
    public Durability Durability { get; init; } = Durability.Redis;

    /// <summary>Seconds without a member after which the room is shut down; 0: never.</summary>
    [Range(0, int.MaxValue)]
    public int IdleTimeoutSeconds { get; init; }

    /// <summary>Seconds between two messages of one <c>uid</c>; 0: no slow mode.</summary>
    [Range(0, MaxSlowModeSeconds)]
    public int SlowModeSeconds { get; init; }

    /// <summary>The first rule that the options violate; null if they are valid.</summary>
    public string? Validate() =>
        Title is not null && CharacterCount.Exceeds(MaxTitleLength, Title) ? $"title is longer than {MaxTitleLength} characters"
        : Title is not null && Title.Any(char.IsControl) ? "title has control characters"
        : MaxMembers < 0 ? "maxMembers is negative"
        : History is < 0 or > MaxHistory ? $"history is not between 0 and {MaxHistory}"
        : IdleTimeoutSeconds < 0 ? "idleTimeoutSeconds is negative"
        : SlowModeSeconds is < 0 or > MaxSlowModeSeconds ? $"slowModeSeconds is not between 0 and {MaxSlowModeSeconds}"
        : null;
}

/// <summary>Location of a room's log, which determines the failures that it survives.</summary>
[JsonConverter(typeof(DurabilityConverter))]
public enum Durability
{
    /// <summary>In Redis: an acknowledged message survives the loss of every process except Redis.</summary>
    [JsonStringEnumMemberName("redis")]
    Redis,

    /// <summary>In the memory of the room's host: lower latency; the log is lost with the host.</summary>
    [JsonStringEnumMemberName("memory")]
    Memory,
}

/// <summary>Accepts names only. A number in JSON is an error.</summary>
internal sealed class DurabilityConverter() : JsonStringEnumConverter<Durability>(namingPolicy: null, allowIntegerValues: false);
