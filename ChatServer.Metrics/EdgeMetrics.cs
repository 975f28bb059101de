using System.Diagnostics.Metrics;

namespace ChatServer.Metrics;

/// <summary>The rooms that have members at a load balancer.</summary>
public static class EdgeMetrics
{
    public static readonly ObservedValue Rooms = ServerMeter.Gauge(
        "chatserver.edge.rooms", "{room}",
        "Rooms with members at the load balancer, by `attached`: whether the relay to the host is connected");

    public static readonly ObservedValue WaitingJoins = ServerMeter.Gauge(
        "chatserver.join.waiting", "{join}", "Handshakes that wait for a room's host");

    public static readonly Histogram<double> JoinDuration = ServerMeter.Seconds(
        "chatserver.join.duration", "Time until a room's host answered a handshake");

    public static readonly Histogram<double> RelayOutage = ServerMeter.Seconds(
        "chatserver.relay.outage.duration", "Time for which members of a room had no host, because it failed or the room moved");

    public static readonly ObservedValue Apis = ServerMeter.Gauge("chatserver.apis", "{api}", "Registered Apis");
}
