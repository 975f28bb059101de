namespace ChatServer.RoomHost.Handshakes;

/// <summary>
/// The origins from which web pages may open a room's WebSocket: browsers send the origin, and the same-origin policy does not apply to
/// WebSockets. Requests without an origin are always allowed: no browser sends them.
/// </summary>
public sealed class AllowedOrigins
{
    private readonly HashSet<string>? _origins;

    private AllowedOrigins(HashSet<string>? origins) => _origins = origins;

    /// <summary>All origins.</summary>
    public static AllowedOrigins Any { get; } = new(null);

    /// <param name="list"><c>*</c>, or origins such as <c>https://chat.example</c>, comma-separated, compared without case. Empty allows
    /// none.</param>
    public static AllowedOrigins Parse(string list)
    {
        var origins = Split(list);
        return origins.Contains("*") ? Any : new(new(origins, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>What stands between the commas of such a list.</summary>
    public static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public bool Allows(string? origin) => string.IsNullOrEmpty(origin) || _origins is null || _origins.Contains(origin);
}
