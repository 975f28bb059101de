namespace ChatServer.Contracts;

/// <summary>WebSocket addresses of rooms.</summary>
public static class RoomUrls
{
    /// <summary>
    /// Header of a request to a room's port with the name of the room. A port may be reused for another room, which then answers
    /// <c>421</c>. Optional; load balancers send it.
    /// </summary>
    public const string RoomHeader = "Chat-Room";

    /// <summary>
    /// Query parameter of a plain GET that is answered as a handshake with the same query would be refused; the value is ignored. Pages
    /// cannot read the answer to a handshake.
    /// </summary>
    public const string CheckParameter = "check";

    /// <summary>Address through a load balancer, which stays valid when the room moves: <c>ws://localhost:2000/rooms/{name}</c>.</summary>
    public static string Through(Uri loadBalancer, string room)
    {
        var scheme = loadBalancer.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        return $"{scheme}://{loadBalancer.Authority}{loadBalancer.AbsolutePath.TrimEnd('/')}/rooms/{room}";
    }

    /// <summary>Address of the room's port on <paramref name="host"/>, a name or an IP address.</summary>
    public static string Direct(string host, int port)
    {
        var authority = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]" : host;
        return $"ws://{authority}:{port}/";
    }
}
