using ChatServer.Backplane;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Measures what the host tells of itself. Called once a renewal; rates are since the last call a second or more ago.</summary>
internal sealed class HostLoadMeter(RoomHostOptions options, TimeProvider time)
{
    private long _measuredAt = time.GetTimestamp();
    private TimeSpan _processorTime = Environment.CpuUsage.TotalTime;
    private long _messages;
    private double _cpu, _messagesPerSecond;

    public HostRecord Measure(RoomReconciler reconciler, string state)
    {
        int connections = 0, rooms = 0;
        long messages = 0;
        foreach (var room in reconciler.Rooms)
        {
            rooms++;
            connections += room.Connections;
            messages += room.Messages;
        }
        var elapsed = time.GetElapsedTime(_measuredAt);
        if (elapsed >= TimeSpan.FromSeconds(1))
        {
            var processorTime = Environment.CpuUsage.TotalTime;
            _cpu = Math.Clamp((processorTime - _processorTime) / elapsed / Environment.ProcessorCount, 0, 1);
            // A room that closed takes its messages with it.
            _messagesPerSecond = Math.Max(0, messages - _messages) / elapsed.TotalSeconds;
            (_measuredAt, _processorTime, _messages) = (time.GetTimestamp(), processorTime, messages);
        }
        return new HostRecord
        {
            Id = options.HostId,
            Address = options.Address,
            Rooms = rooms,
            Capacity = options.MaxRooms,
            Connections = connections,
            MessagesPerSecond = Math.Round(_messagesPerSecond, 1),
            Cpu = Math.Round(_cpu, 3),
            Memory = Environment.WorkingSet,
            State = state,
            Version = AppInfo.CurrentVersion,
            LastSeen = time.GetUtcNow(),
        };
    }
}
