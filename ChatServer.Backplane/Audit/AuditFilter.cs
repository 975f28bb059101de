using ChatServer.Contracts;

namespace ChatServer.Backplane.Audit;

/// <summary>
/// Selects entries of the audit trail. Each value is a part of the text, without regard to case; null or empty: any text.
/// </summary>
/// <param name="Action">Of the action.</param>
/// <param name="Room">Of the name of the room.</param>
/// <param name="Actor">Of the actor.</param>
public sealed record AuditFilter(string? Action, string? Room, string? Actor)
{
    /// <summary>Selects every entry.</summary>
    public static AuditFilter None { get; } = new(null, null, null);

    /// <summary>Whether an entry is selected.</summary>
    public bool Matches(AuditEntry entry) =>
        Contains(entry.Action, Action) && Contains(entry.Target?.Room ?? "", Room) && Contains(entry.Actor, Actor);

    private static bool Contains(string text, string? part) =>
        string.IsNullOrEmpty(part) || text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
