namespace ChatServer.Web;

/// <summary>The origin of a page, as a browser sends it: scheme, host, and port if it is not the default.</summary>
public static class WebOrigin
{
    /// <summary>The origin of a page that was loaded with this scheme and header <c>Host</c>; null if there is no such origin.</summary>
    /// <param name="scheme"><c>http</c> or <c>https</c>; some proxies send <c>ws</c> or <c>wss</c> for a WebSocket.</param>
    /// <param name="host">A name or an address, with or without a port.</param>
    public static Uri? Of(string scheme, string host) =>
        Scheme(scheme) is { } known && Uri.TryCreate($"{known}://{host}", UriKind.Absolute, out var url)
            && url is { UserInfo: "", PathAndQuery: "/", Fragment: "" }
            ? url
            : null;

    /// <summary>The origin as text, without a slash at the end.</summary>
    public static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static string? Scheme(string scheme) => scheme.ToLowerInvariant() switch
    {
        "http" or "ws" => "http",
        "https" or "wss" => "https",
        _ => null,
    };
}
