using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Rings;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The members that need nothing but a ring: each is sent the bytes between its cursor and the head. What a broadcast needs of them is
/// stored contiguously in one array, so that a send to thousands of sockets touches few cache lines; the member object is touched only
/// when its socket is full.
/// </summary>
/// <remarks>Not thread-safe: only the room's own turn touches it.</remarks>
internal sealed class RingSubscribers(FrameRing ring)
{
    /// <summary>
    /// Bytes pending up to which senders get their echo before the other members. Above, throughput matters more than latency.
    /// </summary>
    public const int EchoFirstMaxBytes = 16 * 1024;

    /// <summary>
    /// Bytes pending after which a push is due at once: so many fit into one segment of the loopback and, unless the last event is large,
    /// into the pages of a pipe.
    /// </summary>
    public const int MaxPushBytes = 56 * 1024;

    // From this many bytes and members on, shared pages cost less than a copy for each member: docs/adr/0009.
    private const int MinSharedBytes = 4 * 1024;
    private const int MinSharingSubscribers = 16;

    private Subscriber[] _subscribers = [];
    private Member[] _members = [];
    private long _pushedUpTo; // head of the last push: members that keep up have everything before it

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
    /// Adds a member whose next byte is at <paramref name="cursor"/>; returns its place, which <see cref="Member.SubscriberIndex"/> must
    /// hold.
    /// </summary>
    public int Add(Member member, NonBlockingSocket socket, long cursor)
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

    /// <summary>Takes the member at <paramref name="index"/> out and returns its cursor. The last one moves to its place.</summary>
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

    // :: Step 4 of a message's way: one send a member for everything between its cursor and the head.
    /// <summary>Sends to all of them. Who does not take everything is not among them any more.</summary>
    public void Push()
    {
        var shared = FillSharedPages();
        // Backwards: who goes is replaced by one that had its turn.
        for (var index = Count - 1; index >= 0; index--)
            Push(index, shared);
        shared?.Clear();
        _pushedUpTo = ring.Head;
    }

    /// <summary>Sends to the member at <paramref name="index"/>.</summary>
    public void Push(int index) => Push(index, null);

    private void Push(int index, SharedPages? shared)
    {
        ref var to = ref _subscribers[index];
        var position = to.Cursor;
        if (shared is not null && position == _pushedUpTo)
            position += shared.Send(to.Socket);
        // Twice where the ring wraps; not at all when the pages were all.
        while (position < ring.Head)
        {
            var news = ring.Read(position);
            var sent = to.Socket.Send(news);
            if (sent < news.Length)
            {
                _members[index].OnSocketFull(sent == NonBlockingSocket.ConnectionGone ? NonBlockingSocket.ConnectionGone : position + sent);
                return;
            }
            position += sent;
        }
        to.Cursor = position;
    }

    /// <summary>What is new since the last push, in pages; null where a copy for each costs no more, or the ring has it no more.</summary>
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
        /// <summary>The next byte of the ring that it gets. Always the beginning of a frame.</summary>
        public long Cursor;

        public NonBlockingSocket Socket;
    }
}
