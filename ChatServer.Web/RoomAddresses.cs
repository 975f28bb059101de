using ChatServer.Contracts;
using ChatServer.Settings;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>
/// The addresses at which clients reach rooms: <c>PUBLIC_URL</c>, or those of the load balancers, or, without any, the ports of the
/// RoomHosts.
/// </summary>
/// <param name="loadBalancers">Base URLs.</param>
public sealed class RoomAddresses(IReadOnlyList<Uri> loadBalancers)
{
    /// <summary>Reads <c>PUBLIC_URL</c> and <c>LOADBALANCERS</c>.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static RoomAddresses Read(IConfiguration configuration)
    {
        var loadBalancers = configuration.Read(ServerSettings.LoadBalancers);
        return new RoomAddresses(configuration.Read(ServerSettings.PublicUrl) is { } publicUrl ? [publicUrl] : loadBalancers);
    }

    /// <summary>The addresses of a page that uses only the first one.</summary>
    public RoomAddresses OnlyFirst() => new([.. loadBalancers.Take(1)]);

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
