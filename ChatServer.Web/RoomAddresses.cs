using ChatServer.Contracts;

namespace ChatServer.Web;

/// <summary>The addresses at which clients reach rooms: those of the load balancers, or, without any, the ports of the RoomHosts.</summary>
/// <param name="loadBalancers">Base URLs.</param>
public sealed class RoomAddresses(IReadOnlyList<Uri> loadBalancers)
{
    /// <summary>The load balancer through which the URLs of rooms lead; null if there is none.</summary>
    public Uri? LoadBalancer => loadBalancers.Count > 0 ? loadBalancers[0] : null;

    /// <summary>WebSocket addresses of rooms without the name of the room, one for each load balancer.</summary>
    public IReadOnlyList<string> Prefixes { get; } = [.. loadBalancers.Select(url => RoomUrls.Through(url, ""))];

    /// <summary>
    /// Sources for the <c>connect-src</c> of a page that connects to rooms. Without a load balancer any host is allowed, because the host
    /// and the port of a room are known only when it exists.
    /// </summary>
    public IReadOnlyList<string> SocketSources => Prefixes.Count > 0
        ? [.. Prefixes.Select(prefix => new Uri(prefix).GetLeftPart(UriPartial.Authority))]
        : ["ws:", "wss:"];
}
