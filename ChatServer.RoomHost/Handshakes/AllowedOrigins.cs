namespace ChatServer.RoomHost.Handshakes;

/// <summary>
/// The origins from which web pages may open a room's WebSocket: browsers send the origin, and the same-origin policy does not apply to
/// WebSockets. Requests without an origin are always allowed: no browser sends them.
/// </summary>
internal sealed class AllowedOrigins
{
    private readonly HashSet<string>? _origins;

    private AllowedOrigins(HashSet<string>? origins) => _origins = origins;

    /// <summary>All origins.</summary>
    public static AllowedOrigins Any { get; } = new(null);

    /// <param name="list"><c>*</c>, or origins such as <c>https://chat.example</c>, comma-separated, compared without case. Empty allows
    /// none.</param>
    /// <param name="publicUrl"><c>PUBLIC_URL</c>, whose origin is allowed too; null if it is not set.</param>
    public static AllowedOrigins Parse(string list, Uri? publicUrl = null)
    {
        var origins = new HashSet<string>(Split(list), StringComparer.OrdinalIgnoreCase);
        if (publicUrl is not null)
            origins.Add(publicUrl.GetLeftPart(UriPartial.Authority));
        return origins.Contains("*") ? Any : new(origins);
    }

    /// <summary>What stands between the commas of such a list.</summary>
    public static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <param name="origin">The origin of the page; null or empty without one.</param>
    /// <param name="pageOrigin">The origin under which the client gets the server's own pages; null if it is not known.</param>
    public bool Allows(string? origin, string? pageOrigin = null) =>
        string.IsNullOrEmpty(origin) || _origins is null || _origins.Contains(origin)
        || origin.Equals(pageOrigin, StringComparison.OrdinalIgnoreCase);
}
