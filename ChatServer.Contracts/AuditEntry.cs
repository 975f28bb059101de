using System.Text.Json.Serialization;

namespace ChatServer.Contracts;

/// <summary>An entry of the audit trail: a call or command that changed something, or tried to.</summary>
public sealed record AuditEntry
{
    /// <summary>The actor of a call without a key.</summary>
    public const string NoKey = "-";

    /// <summary>The result of a call that was refused because its key is missing or wrong.</summary>
    public const string Unauthorized = "401";

    /// <summary>The result of a call that ended with an error of the server: it may or may not have had its effect.</summary>
    public const string Failed = "failed";

    /// <summary>The result of a command that was carried out in a room.</summary>
    public const string Done = "done";

    /// <summary>One more than that of the entry before. Assigned when the entry is stored.</summary>
    public long Number { get; init; }

    /// <summary>Time of the result, by the clock of Redis. Assigned when the entry is stored.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// Of a call, the fingerprint of its key (<c>key:</c> and the first 8 hex digits of its SHA-256), or <see cref="NoKey"/>; of a command
    /// in a room, the <c>uid</c> of the member.
    /// </summary>
    public required string Actor { get; init; }

    /// <summary>IP address of the client; null if it is not known.</summary>
    public string? Address { get; init; }

    /// <summary>
    /// Name of the call in the API's description, such as <c>shutdownRoom</c>, or type of the command, such as <c>kick</c>.
    /// </summary>
    public required string Action { get; init; }

    /// <summary>What the action applies to; null if that is the whole server.</summary>
    public AuditTarget? Target { get; init; }

    /// <summary>The reason that the actor gave.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Of a call, its HTTP status, or <see cref="Failed"/>; of a command in a room, <see cref="Done"/> or the code of the error.
    /// </summary>
    public required string Result { get; init; }

    /// <summary>Whether it is a command in a room; otherwise it is a call.</summary>
    [JsonIgnore]
    public bool IsCommand => Result != Failed && !Result.All(char.IsAsciiDigit);

    /// <summary>
    /// Number of other calls without a valid key, since the previous such entry of the same process, of which there is no entry.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Omitted { get; init; }
}

/// <summary>What an audited action applies to.</summary>
[method: JsonConstructor]
public sealed record AuditTarget(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Room = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Host = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Uid = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Seq = null);

/// <summary>A page of the audit trail.</summary>
/// <param name="Entries">The entries, newest first.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last page.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long? Next);
