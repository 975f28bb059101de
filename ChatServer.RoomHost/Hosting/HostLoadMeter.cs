using ChatServer.Backplane.Hosts;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Measures the host for its record in Redis. Rates are averages over the last second or more. Not for concurrent calls.</summary>
internal sealed class HostLoadMeter(RoomHostOptions options, HostState state, RoomSlots slots, TimeProvider time)
{
    private long _measuredAt = time.GetTimestamp();
    private TimeSpan _processorTime = Environment.CpuUsage.TotalTime;
    private long _messages;
    private double _cpu, _messagesPerSecond;

    /// <summary>The record of the host as it is now.</summary>
    public HostRecord Measure()
    {
        int connections = 0, rooms = 0;
        long messages = 0;
        foreach (var room in slots.Rooms)
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
            // The sum falls when a room closes.
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
            State = state.RecordState,
            Version = AppInfo.CurrentVersion,
            LastSeen = time.GetUtcNow(),
        };
    }
}
