using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Transforms;

namespace ChatServer.LoadBalancer;

/// <summary>Tells YARP what there is: one route for all that is not ours, to one cluster of the Apis that registered.</summary>
internal sealed class ApiProxyConfig : IDisposable
{
    private const string Cluster = "apis";

    /// <summary>How long an Api that failed is left alone. A try costs little: another Api takes the call if it failed in vain.</summary>
    private static readonly TimeSpan LeaveAlone = TimeSpan.FromSeconds(5);

    /// <summary>Whatever no endpoint of ours took. X-Forwarded-* is set before, see <see cref="XForwarded"/>.</summary>
    private static readonly RouteConfig[] Routes =
    [
        new RouteConfig { RouteId = Cluster, ClusterId = Cluster, Order = int.MaxValue, Match = new RouteMatch { Path = "/{**rest}" } }
            .WithTransformXForwarded(xDefault: ForwardedTransformActions.Off),
    ];

    private readonly ApiRegistry _apis;
    private readonly InMemoryConfigProvider _yarp;
    private readonly Lock _gate = new();

    public ApiProxyConfig(ApiRegistry apis, InMemoryConfigProvider yarp)
    {
        (_apis, _yarp) = (apis, yarp);
        _apis.Changed += Update;
        Update();
    }

    // Read and told under one lock: of two changes at once, the newer list is told last.
    private void Update()
    {
        lock (_gate)
            _yarp.Update(Routes, [ClusterOf(_apis)]);
    }

    private static ClusterConfig ClusterOf(ApiRegistry apis) => new()
    {
        ClusterId = Cluster,
        // By calls under way at this moment. The load that heartbeats tell is up to 10 s old: all would go to one Api until the next.
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        HealthCheck = new HealthCheckConfig
        {
            Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = ApiHealth.PolicyName, ReactivationPeriod = LeaveAlone },
            // When all failed they are tried all the same: one may be back, and a refusal costs a millisecond.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
        },
        Destinations = apis.List().Select(api => new ApiAddress(api.Host, api.Port))
            .ToDictionary(address => address.ToString(), address => new DestinationConfig { Address = $"http://{address}/" }),
    };

    public void Dispose() => _apis.Changed -= Update;
}
