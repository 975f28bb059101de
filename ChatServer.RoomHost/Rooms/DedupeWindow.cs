using System.Runtime.InteropServices;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Keys of the messages that the room's log still has, and at least of the last <see cref="RoomLog.MaxDedupeKeys"/>. A message that is sent
/// again within this window is not logged twice. Rebuilt when a host claims the room.
/// </summary>
internal sealed class DedupeWindow(int window)
{
    private readonly int _window = Math.Max(window, RoomLog.MaxDedupeKeys);
    private readonly Dictionary<MessageKey, long> _seqs = [];
    private readonly Queue<MessageKey> _order = [];

    /// <summary>Whether a message was logged, or is about to be.</summary>
    public bool Contains(MessageKey key) => _seqs.ContainsKey(key);

    /// <summary>The messages after a sequence, by their sequences.</summary>
    public IReadOnlyDictionary<long, MessageKey> After(long seq) =>
        _seqs.Where(known => known.Value > seq).ToDictionary(known => known.Value, known => known.Key);

    /// <summary>Adds a message. Returns false if it was logged before, as the event <paramref name="before"/>.</summary>
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
