using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// The rooms of this host that metrics name: those with the most messages, and among equals the most members. The names of all rooms would
/// be an unbounded attribute. May be used on any thread.
/// </summary>
internal sealed class BusiestRooms(RoomSlots slots, TimeProvider time)
{
    /// <summary>Number of rooms.</summary>
    public const int Max = 100;

    // The time over which messages are counted. A host has up to 10,000 rooms to rank.
    private static readonly TimeSpan RankInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Dictionary<string, long> _messages = [];
    private IReadOnlyList<string> _names = [];
    private long? _rankedAt;

    /// <summary>The busiest rooms, without those that were closed since they were ranked.</summary>
    public IReadOnlyList<Room> Find()
    {
        lock (_gate)
        {
            if (_names.Count < Max || _rankedAt is not { } at || time.GetElapsedTime(at) >= RankInterval)
                Rank();
            return [.. _names.Select(slots.FindRoom).OfType<Room>()];
        }
    }

    private void Rank()
    {
        var rooms = slots.Rooms.Select(room => (room.Record.Name, room.Messages, room.Connections)).ToList();
        _names =
        [
            .. rooms.OrderByDescending(room => room.Messages - _messages.GetValueOrDefault(room.Name))
                .ThenByDescending(room => room.Connections).Take(Max).Select(room => room.Name),
        ];
        if (_rankedAt is { } at && time.GetElapsedTime(at) < RankInterval)
            return;
        _messages = rooms.ToDictionary(room => room.Name, room => room.Messages);
        _rankedAt = time.GetTimestamp();
    }
}
