using System.Net;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.Api.Hosting;

/// <summary>The load balancers with which this Api registers.</summary>
/// <param name="Urls">Base URLs.</param>
/// <param name="Key">The key to register with; null without load balancers.</param>
/// <param name="AdvertisedHost">
/// The name or address at which load balancers reach this process, with or without a port: <c>HOST</c>, or the address in <c>BIND</c> if it
/// is a particular one, or the name of this machine.
/// </param>
internal sealed record LoadBalancerSettings(IReadOnlyList<Uri> Urls, string? Key, string AdvertisedHost)
{
    /// <summary>The names under which clients reach this process, directly or through a load balancer.</summary>
    public IEnumerable<string> Names => Urls.Select(url => url.Host).Append(AdvertisedHost);

    /// <summary>Reads <c>LOADBALANCERS</c>, <c>HOST</c> and, with load balancers, the first key of <c>LOADBALANCER_KEY</c>.</summary>
    /// <exception cref="StartupException">A setting is invalid, or the key is missing.</exception>
    public static LoadBalancerSettings Read(IConfiguration configuration)
    {
        var urls = configuration.Read(ServerSettings.LoadBalancers);
        return new LoadBalancerSettings(
            urls,
            urls.Count == 0 ? null : configuration.Require(ServerSettings.ApiLoadBalancerKeys)[0],
            configuration.Read(ServerSettings.ApiHost) ?? DefaultHost(configuration.BindAddress()));
    }

    private static string DefaultHost(IPAddress bind) =>
        bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any) ? Environment.MachineName : bind.ToString();
}
