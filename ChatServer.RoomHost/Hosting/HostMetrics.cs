using System.Diagnostics.Metrics;
using ChatServer.Metrics;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>The metrics that are read from the rooms and the lease of this host when they are exported.</summary>
internal sealed class HostMetrics : IDisposable
{
    private readonly IReadOnlyList<IDisposable> _observed;

    public HostMetrics(RoomSlots slots, RoomOpener opener, LeaseHolder lease, JitWarmup warmup, BusiestRooms busiest)
    {
        ServerMeter.Publish(typeof(RoomMetrics));
        ServerMeter.Publish(typeof(ConnectionMetrics));
        _observed =
        [
            RoomMetrics.Rooms.Observe(() => slots.Rooms.Count()),
            RoomMetrics.Members.Observe(() => slots.Rooms.Sum(room => room.Connections)),
            RoomMetrics.RoomMembers.Observe(() => busiest.Find().Select(room => Of(room, room.Connections))),
            RoomMetrics.RoomMessages.Observe(() => busiest.Find().Select(room => Of(room, room.Messages))),
            RoomMetrics.LeaseMargin.Observe(() => lease.Margin.TotalSeconds),
            RoomMetrics.WarmupDuration.Observe(() => warmup.Duration.TotalSeconds),
            ConnectionMetrics.RingLag.Observe(() => slots.Rooms.Select(room => room.Broadcaster.Meter.Lag).DefaultIfEmpty().Max()),
        ];
        opener.RoomFailed += room =>
        {
            if (room.Failure is { IsFault: true })
                RoomMetrics.Faults.Add(1);
        };
    }

    public void Dispose()
    {
        foreach (var observed in _observed)
            observed.Dispose();
    }

    private static Measurement<double> Of(Room room, double value) =>
        new(value, new KeyValuePair<string, object?>("room", room.Record.Name));
}
