using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Those who follow a ring: they have all that is theirs alone, and get what lies between their cursor and the head. What a fan-out needs of
/// them lies side by side in one array, so that the way to thousands of sockets leads through few cache lines; the member itself is
/// touched only when its socket is full.
/// </summary>
/// <remarks>Not thread-safe: only the room's own turn touches it.</remarks>
internal sealed class Followers(RoomRing ring)
{
    /// <summary>Bytes pending from which on a push is about how much can be told, and no longer about how soon.</summary>
    public const int Much = 16 * 1024;

    // Between these, and for so many, bytes that are shared cost less than a copy for each: docs/adr/0009.
    private const int LeastShared = Much, MostShared = 256 * 1024;
    private const int LeastSharers = 16;

    private Place[] _places = [];
    private Member[] _members = [];
    private long _pushed; // head of the last push: whoever keeps up has everything before it
    private SharedPages? _shared;
    private long _sharedFrom, _sharedAt;

    public RoomRing Ring => ring;

    public int Count { get; private set; }

    /// <summary>The least position that one of them still needs; the head when none does.</summary>
    public long Slowest
    {
        get
        {
            var slowest = ring.Head;
            foreach (ref readonly var place in _places.AsSpan(0, Count))
                slowest = Math.Min(slowest, place.Cursor);
            return slowest;
        }
    }

    /// <summary>Adds a member whose next byte is at <paramref name="cursor"/>; returns its place, which <see cref="Member.Place"/> must hold.</summary>
    public int Add(Member member, NonBlocking socket, long cursor)
    {
        if (Count == _places.Length)
        {
            Array.Resize(ref _places, Math.Max(2, Count * 2));
            Array.Resize(ref _members, _places.Length);
        }
        _places[Count] = new Place { Cursor = cursor, Socket = socket };
        _members[Count] = member;
        return Count++;
    }

    /// <summary>Takes the member at <paramref name="place"/> out and returns its cursor. The last one moves to its place.</summary>
    public long Remove(int place)
    {
        var cursor = _places[place].Cursor;
        Count--;
        _places[place] = _places[Count];
        _members[place] = _members[Count];
        _members[place].Place = place;
        _members[Count] = null!;
        if (Count == 0)
            (_places, _members) = ([], []);
        return cursor;
    }

    /// <summary>Begins a push: much that is new for many goes into pages that they share, until <see cref="Push()"/> is done.</summary>
    public void Share()
    {
        var from = Math.Max(_pushed, ring.Tail);
        if (Count < LeastSharers || ring.Head - from is < LeastShared or > MostShared || SharedPages.OfThread is not { } pages)
            return;
        (_sharedFrom, _sharedAt) = (from, pages.Length);
        while (from < ring.Head)
        {
            var part = ring.Read(from);
            if (!pages.TryAdd(part))
                return;
            from += part.Length;
        }
        _shared = pages;
    }

    // :: Step 4 of a message's way: one send a member for everything between its cursor and the head.
    /// <summary>Sends to all of them. Who does not take everything is not among them any more.</summary>
    public void Push()
    {
        // Backwards: who goes is replaced by one that had its turn.
        for (var place = Count - 1; place >= 0; place--)
            Push(place);
        _pushed = ring.Head;
        _shared = null;
    }

    /// <summary>Sends to the member at <paramref name="place"/>.</summary>
    public void Push(int place)
    {
        ref var to = ref _places[place];
        var position = to.Cursor;
        if (_shared is { } pages && position >= _sharedFrom && position < ring.Head)
            position += pages.Send(to.Socket, _sharedAt + (position - _sharedFrom), (int)(ring.Head - position));
        // Twice where the ring wraps; not at all when the pages were all.
        while (position < ring.Head)
        {
            var news = ring.Read(position);
            var sent = to.Socket.Send(news);
            if (sent < news.Length)
            {
                _members[place].Stop(sent == NonBlocking.Gone ? NonBlocking.Gone : position + sent);
                return;
            }
            position += sent;
        }
        to.Cursor = position;
    }

    private struct Place
    {
        /// <summary>The next byte of the ring that it gets. Always the beginning of a frame.</summary>
        public long Cursor;

        public NonBlocking Socket;
    }
}
