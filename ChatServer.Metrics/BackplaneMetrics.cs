using System.Diagnostics.Metrics;

namespace ChatServer.Metrics;

/// <summary>Redis and the placement of rooms, in every service.</summary>
public static class BackplaneMetrics
{
    public static readonly ObservedValue Connected = ServerMeter.Gauge(
        "chatserver.redis.connected", "{connection}",
        "1 if the connection to Redis is open, otherwise 0, by `connection`: `commands`, `appends` or `subscriptions`; once it is used");

    public static readonly EventCounter Reconnects = ServerMeter.Counter(
        "chatserver.redis.reconnects", "{reconnect}", "Connections to Redis that were lost and are restored");

    public static readonly EventCounter Failures = ServerMeter.Counter(
        "chatserver.redis.failures", "{call}", "Calls that failed because Redis is unavailable");

    public static readonly Histogram<double> PlacementDuration = ServerMeter.Seconds(
        "chatserver.placement.duration",
        "Time to find or open a room on a host, successful or not");

    public static readonly EventCounter NoCapacity = ServerMeter.Counter(
        "chatserver.placement.failures", "{room}", "Rooms that no host could open in time");

    public static readonly EventCounter Takeovers = ServerMeter.CounterBy(
        "reason",
        [
            ReassignmentReason.HostLost, ReassignmentReason.HostUnreachable, ReassignmentReason.HostSlow, ReassignmentReason.Refused,
            ReassignmentReason.Moved,
        ],
        "chatserver.placement.takeovers", "{room}",
        "Rooms that were assigned to another host, by `reason`: `host-lost` (no lease), `host-unreachable` (its port refuses connections), "
        + "`host-slow`, `refused` (no port or capacity) or `moved` (drain or stop)");
}

/// <summary>Why a room is assigned to another host: the values of <c>reason</c>.</summary>
public static class ReassignmentReason
{
    /// <summary>The lease of its host expired.</summary>
    public const string HostLost = "host-lost";

    /// <summary>The room's port refuses connections; the lease may not have expired yet.</summary>
    public const string HostUnreachable = "host-unreachable";

    /// <summary>Its host has not opened it in time.</summary>
    public const string HostSlow = "host-slow";

    /// <summary>Its host has no port or no capacity for it.</summary>
    public const string Refused = "refused";

    /// <summary>Its host stops or is drained.</summary>
    public const string Moved = "moved";
}
