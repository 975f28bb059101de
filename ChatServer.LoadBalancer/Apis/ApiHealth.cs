using ChatServer.LoadBalancer.Forwarding;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>
/// Marks an Api as unhealthy after one call without a response. YARP's own policy waits for ten failures, which would reach ten users.
/// </summary>
internal sealed class ApiHealth(IDestinationHealthUpdater health) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "ChatServer.FirstFailure";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature()?.Exception is HttpRequestException { InnerException: TooManySocketsException })
            return; // no Api was asked
        var failed = context.GetForwarderErrorFeature() is { Error: ForwarderError.Request or ForwarderError.RequestTimedOut };
        var period = cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? TimeSpan.Zero;
        health.SetPassive(cluster, destination, failed ? DestinationHealth.Unhealthy : DestinationHealth.Healthy, period);
    }
}
