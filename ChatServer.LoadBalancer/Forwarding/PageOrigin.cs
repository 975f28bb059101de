using System.Net;
using ChatServer.Web;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.LoadBalancer.Forwarding;

/// <summary>
/// The origin of the pages that this load balancer serves to a client: the scheme and the host that the client used. Such a page may join
/// rooms whatever <c>ALLOWED_ORIGINS</c> contains.
/// </summary>
/// <remarks>
/// A page of another site whose name resolves to this machine has the same origin and host (DNS rebinding). The host therefore counts only
/// if a trusted proxy, which answers to its own names, forwarded it, or if it is known.
/// </remarks>
internal sealed class PageOrigin(IReadOnlyList<IPNetwork> trusted, KnownHosts known)
{
    /// <summary>The origin for a request that <see cref="XForwarded"/> has handled; null if its host does not count.</summary>
    public string? Of(HttpContext context)
    {
        if (WebOrigin.Of(XForwarded.ClientScheme(context), XForwarded.ClientHost(context)) is not { } origin)
            return null;
        return XForwarded.IsTrusted(context.Connection.RemoteIpAddress, trusted) || known.Contains(origin.IdnHost)
            ? WebOrigin.Text(origin)
            : null;
    }
}
