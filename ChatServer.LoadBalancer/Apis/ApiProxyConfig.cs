using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Transforms;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>YARP's configuration: one route for all requests that no endpoint handles, to one cluster of the registered Apis.</summary>
internal sealed class ApiProxyConfig : IDisposable
{
    private const string Cluster = "apis";

    /// <summary>How long an Api that failed gets no calls. A failed attempt costs little, because another Api gets the call.</summary>
    private static readonly TimeSpan ReactivationPeriod = TimeSpan.FromSeconds(5);

    /// <summary>All requests that no endpoint handles. <see cref="Forwarding.XForwarded"/> has already set X-Forwarded-*.</summary>
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

    // The lock covers reading and updating: of two concurrent changes, the newer list is applied last.
    private void Update()
    {
        lock (_gate)
            _yarp.Update(Routes, [ClusterOf(_apis)]);
    }

    private static ClusterConfig ClusterOf(ApiRegistry apis) => new()
    {
        ClusterId = Cluster,
        // By the number of current calls. The load in heartbeats is up to 10 s old: all calls would go to one Api until the next heartbeat.
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        HealthCheck = new HealthCheckConfig
        {
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = ApiHealth.PolicyName,
                ReactivationPeriod = ReactivationPeriod,
            },
            // If all Apis failed, each is tried: one may be available again, and a refused connection costs a millisecond.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
        },
        Destinations = apis.List().Select(api => new ApiAddress(api.Host, api.Port))
            .ToDictionary(address => address.ToString(), address => new DestinationConfig { Address = $"http://{address}/" }),
    };

    public void Dispose() => _apis.Changed -= Update;
}
