using ChatServer.Contracts;
using ChatServer.Web;

namespace ChatServer.Api;

/// <summary>The load balancers that this Api registers with, and the key that they accept.</summary>
internal sealed record LoadBalancerSettings(IReadOnlyList<Uri> Urls, string? Key)
{
    /// <summary>Through which rooms are described; null: there is none, rooms are reached at their own ports.</summary>
    public Uri? First => Urls.Count > 0 ? Urls[0] : null;

    /// <summary>Reads <c>LOADBALANCERS</c> and, if there are any, <c>LOADBALANCER_KEY</c>: its first key while that is rotated.</summary>
    /// <exception cref="StartupException">One is not a URL, or the key is missing.</exception>
    public static LoadBalancerSettings Read(IConfiguration configuration)
    {
        var urls = configuration.ReadUrls("LOADBALANCERS");
        return new LoadBalancerSettings(urls, urls.Count == 0 ? null : ApiKeys.RequireFirstKey(configuration, "LOADBALANCER_KEY"));
    }
}
