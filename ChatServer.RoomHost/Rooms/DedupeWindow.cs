using System.Runtime.InteropServices;
using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The messages that the room's log still has, and at least the last <see cref="RoomLog.MaxDedupeKeys"/>, by key: what is said again within
/// this window is not logged twice. Rebuilt when a host takes the room.
/// </summary>
internal sealed class DedupeWindow(int window)
{
    private readonly int _window = Math.Max(window, RoomLog.MaxDedupeKeys);
    private readonly Dictionary<MessageKey, long> _seqs = [];
    private readonly Queue<MessageKey> _order = [];

    /// <summary>Remembers a message. False: it was said before, as the event <paramref name="before"/>.</summary>
    public bool TryAdd(MessageKey key, long seq, out long before)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_seqs, key, out var isKnown);
        before = known;
        if (isKnown)
            return false;
        known = seq;
        _order.Enqueue(key);
        if (_order.Count > _window)
            _seqs.Remove(_order.Dequeue());
        return true;
    }
}
