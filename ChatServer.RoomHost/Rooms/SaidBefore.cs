namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The messages that the room's log still has, by key: what is said again within this window is not logged twice.
/// Rebuilt from the log when a host takes the room.
/// </summary>
internal sealed class SaidBefore(int window)
{
    // The log may be told to keep nothing; a client that resends after a reconnect must still be recognized.
    private const int LeastWindow = 256;

    private readonly int _window = Math.Max(window, LeastWindow);
    private readonly Dictionary<MessageKey, long> _seqs = [];
    private readonly Queue<MessageKey> _order = [];

    public bool TryGet(MessageKey key, out long seq) => _seqs.TryGetValue(key, out seq);

    public void Add(MessageKey key, long seq)
    {
        if (!_seqs.TryAdd(key, seq))
            return;
        _order.Enqueue(key);
        if (_order.Count > _window)
            _seqs.Remove(_order.Dequeue());
    }
}
