using System.Diagnostics.Metrics;
using ChatServer.LoadBalancer.Apis;
using ChatServer.Metrics;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>The metrics that are read from this load balancer when they are exported.</summary>
internal sealed class EdgeObservations : IDisposable
{
    private readonly IReadOnlyList<IDisposable> _observed;

    public EdgeObservations(EdgeRooms rooms, ApiRegistry apis)
    {
        ServerMeter.Publish(typeof(EdgeMetrics));
        ServerMeter.Publish(typeof(ConnectionMetrics));
        _observed =
        [
            EdgeMetrics.Rooms.Observe(() => CountRooms(rooms.All)),
            EdgeMetrics.WaitingJoins.Observe(() => rooms.All.Sum(room => room.WaitingJoins)),
            ConnectionMetrics.RingLag.Observe(() => rooms.All.Select(room => room.Lag).DefaultIfEmpty().Max()),
            EdgeMetrics.Apis.Observe(() => apis.Count),
        ];
    }

    public void Dispose()
    {
        foreach (var observed in _observed)
            observed.Dispose();
    }

    private static IEnumerable<Measurement<double>> CountRooms(IReadOnlyList<EdgeRoom> rooms)
    {
        var attached = rooms.Count(room => room.IsAttached);
        yield return new Measurement<double>(attached, new KeyValuePair<string, object?>("attached", "true"));
        yield return new Measurement<double>(rooms.Count - attached, new KeyValuePair<string, object?>("attached", "false"));
    }
}
