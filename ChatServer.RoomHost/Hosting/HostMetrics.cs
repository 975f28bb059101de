using System.Diagnostics.Metrics;

namespace ChatServer.RoomHost.Hosting;

/// <summary>The metrics of the rooms that are open here. The rooms count; a metric is read when it is exported.</summary>
internal sealed class HostMetrics : IDisposable
{
    private readonly Meter _meter;

    public HostMetrics(RoomSlots slots, RoomOpener opener, IMeterFactory meters)
    {
        _meter = meters.Create("ChatServer.RoomHost");
        _meter.CreateObservableGauge("chat.rooms", () => slots.Rooms.Count(), "{room}", "Rooms open here.");
        _meter.CreateObservableGauge("chat.members", () =>
            slots.Rooms.Sum(r => r.Connections), "{member}", "Connections in these rooms.");
        _meter.CreateObservableCounter("chat.messages", () =>
            slots.Rooms.Sum(r => r.Messages), "{message}", "Messages logged in the rooms that are open here.");
        var faults = _meter.CreateCounter<long>(
            "chat.room.faults", "{fault}", "Rooms that failed by an unexpected error and were reopened.");
        opener.RoomFailed += room =>
        {
            if (room.Failure is { IsFault: true })
                faults.Add(1);
        };
    }

    public void Dispose() => _meter.Dispose();
}
