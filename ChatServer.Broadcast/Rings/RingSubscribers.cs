using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Members;

namespace ChatServer.Broadcast.Rings;

/// <summary>
/// The members that need only a ring: each gets the bytes between its cursor and the head. What a broadcast needs of them is contiguous in
/// one array, so a send to thousands of sockets touches few cache lines; the member's object is touched only when its socket is full.
/// </summary>
/// <remarks>Not thread-safe: only turns use it.</remarks>
internal sealed class RingSubscribers(FrameRing ring)
{
    /// <summary>
    /// Bytes pending after which a push is due at once: so many fit into one segment of the loopback and, unless the last event is large,
    /// into the pages of a pipe.
    /// </summary>
    public const int MaxPushBytes = 56 * 1024;

    // From this many bytes and members on, shared pages cost less than a copy for each member: docs/adr/0009.
    private const int MinSharedBytes = 4 * 1024;
    private const int MinSharingSubscribers = 16;

    private Subscriber[] _subscribers = [];
    private MemberSender[] _members = [];
    private long _pushedUpTo; // the head at the last push: a subscriber at this position has no backlog

    public FrameRing Ring => ring;

    public int Count { get; private set; }

    /// <summary>The lowest cursor of all subscribers; the head if there are none.</summary>
    public long SlowestCursor
    {
        get
        {
            var slowest = ring.Head;
            foreach (ref readonly var subscriber in _subscribers.AsSpan(0, Count))
                slowest = Math.Min(slowest, subscriber.Cursor);
            return slowest;
        }
    }

    /// <summary>
    /// Adds a member whose next byte is at <paramref name="cursor"/>. Returns its index, which the caller stores in
    /// <see cref="MemberSender.SubscriberIndex"/>.
    /// </summary>
    public int Add(MemberSender member, NonBlockingSocket socket, long cursor)
    {
        if (Count == _subscribers.Length)
        {
            Array.Resize(ref _subscribers, Math.Max(2, Count * 2));
            Array.Resize(ref _members, _subscribers.Length);
        }
        _subscribers[Count] = new Subscriber { Cursor = cursor, Socket = socket };
        _members[Count] = member;
        return Count++;
    }

    /// <summary>Removes the member at <paramref name="index"/> and returns its cursor. The last subscriber takes its place.</summary>
    public long Remove(int index)
    {
        var cursor = _subscribers[index].Cursor;
        Count--;
        _subscribers[index] = _subscribers[Count];
        _members[index] = _members[Count];
        _members[index].SubscriberIndex = index;
        _members[Count] = null!;
        if (Count == 0)
            (_subscribers, _members) = ([], []);
        return cursor;
    }

    // :: Step 5: one send for each subscriber, for all bytes between its cursor and the head.
    /// <summary>Sends to all subscribers. A subscriber whose socket is full is removed and served individually.</summary>
    public void Push()
    {
        var shared = FillSharedPages();
        // From the end: a subscriber that is removed is replaced by one that was served already.
        for (var index = Count - 1; index >= 0; index--)
            Push(index, shared);
        shared?.Clear();
        _pushedUpTo = ring.Head;
    }

    /// <summary>Sends to the subscriber at <paramref name="index"/>.</summary>
    public void Push(int index) => Push(index, null);

    private void Push(int index, SharedPages? shared)
    {
        ref var subscriber = ref _subscribers[index];
        var position = subscriber.Cursor;
        if (shared is not null && position == _pushedUpTo)
            position += shared.Send(subscriber.Socket);
        // Twice if the ring wraps; not at all if the socket took all of the shared pages.
        while (position < ring.Head)
        {
            var bytes = ring.Read(position);
            var sent = subscriber.Socket.Send(bytes);
            if (sent < bytes.Length)
            {
                _members[index].OnSocketFull(sent == NonBlockingSocket.ConnectionGone ? NonBlockingSocket.ConnectionGone : position + sent);
                return;
            }
            position += sent;
        }
        subscriber.Cursor = position;
    }

    /// <summary>The bytes since the last push, in shared pages; null if copies cost no more or the ring has overwritten them.</summary>
    private SharedPages? FillSharedPages()
    {
        if (Count < MinSharingSubscribers || ring.Head - _pushedUpTo < MinSharedBytes || _pushedUpTo < ring.Tail
            || SharedPages.ForCurrentThread is not { } pages)
            return null;
        for (var position = _pushedUpTo; position < ring.Head;)
        {
            var part = ring.Read(position);
            if (!pages.TryAdd(part))
            {
                pages.Clear();
                return null;
            }
            position += part.Length;
        }
        return pages;
    }

    private struct Subscriber
    {
        /// <summary>Position of the next byte that it gets. Always the beginning of a frame.</summary>
        public long Cursor;

        public NonBlockingSocket Socket;
    }
}
