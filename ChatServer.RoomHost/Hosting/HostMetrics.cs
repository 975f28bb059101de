using System.Diagnostics.Metrics;

namespace ChatServer.RoomHost.Hosting;

/// <summary>What telemetry shows of the rooms. Read when somebody asks: the rooms count for themselves.</summary>
internal sealed class HostMetrics : IDisposable
{
    private readonly Meter _meter;

    public HostMetrics(RoomReconciler reconciler, IMeterFactory meters)
    {
        _meter = meters.Create("ChatServer.RoomHost");
        _meter.CreateObservableGauge("chat.rooms", () => reconciler.Rooms.Count(), "{room}", "Rooms open here.");
        _meter.CreateObservableGauge("chat.members", () =>
            reconciler.Rooms.Sum(r => r.Connections), "{member}", "Connections in these rooms.");
        _meter.CreateObservableCounter("chat.messages", () =>
            reconciler.Rooms.Sum(r => r.Messages), "{message}", "Messages logged in the rooms that are open here.");
    }

    public void Dispose() => _meter.Dispose();
}
