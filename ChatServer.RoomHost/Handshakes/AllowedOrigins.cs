namespace ChatServer.RoomHost.Handshakes;

/// <summary>
/// Which web pages may open a room's WebSocket: browsers send their Origin, and no same-origin rule protects WebSockets.
/// Requests without one (they come from no browser) are always allowed.
/// </summary>
public sealed class AllowedOrigins
{
    private readonly HashSet<string>? _origins;

    private AllowedOrigins(HashSet<string>? origins) => _origins = origins;

    /// <summary>Every page.</summary>
    public static AllowedOrigins Any { get; } = new(null);

    /// <param name="list"><c>*</c>, or origins (<c>https://chat.example</c>) with commas between, compared without case. Nothing: no page.</param>
    public static AllowedOrigins Parse(string list)
    {
        string[] origins = Split(list);
        return origins.Contains("*") ? Any : new(new(origins, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>What stands between the commas of such a list.</summary>
    public static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public bool Allows(string? origin) => string.IsNullOrEmpty(origin) || _origins is null || _origins.Contains(origin);
}
