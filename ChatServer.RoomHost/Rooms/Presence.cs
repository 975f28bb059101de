using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatServer.Backplane;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>A name in the room, held by a session: across reconnects, and for a while after its connection was lost.</summary>
internal sealed class Seat(string key, string name)
{
    /// <summary>Stands for the session: see <see cref="Presence.KeyOf"/>.</summary>
    public string Key { get; } = key;

    public string Name { get; } = name;

    /// <summary>The name as it stands between the quotes of an event.</summary>
    public byte[] EscapedName { get; } = JsonText.Escape(name);

    /// <summary>The connection that sits here now; null while the session is away.</summary>
    public Member? Member { get; set; }

    /// <summary>Timestamp at which the connection was lost.</summary>
    public long LostAt { get; set; }
}

/// <summary>
/// Who is in the room. A lost connection keeps its seat for <see cref="SeatGracePeriod"/>: a session that comes back within it neither left
/// nor joined. What changed is collected and told at once. Only the room's own turn touches it.
/// </summary>
internal sealed class Presence
{
    /// <summary>How long a seat is kept for a session whose connection was lost.</summary>
    public static readonly TimeSpan SeatGracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>How long changes are collected before they are told.</summary>
    public static readonly TimeSpan ChangeBatchDelay = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time;
    private readonly Dictionary<string, Seat> _byKey = [];
    private readonly Dictionary<string, Seat> _byName = [];
    private readonly Dictionary<string, long> _admitted = [];
    private readonly Queue<(Seat Seat, long At)> _vacated = [];
    private readonly List<string> _joined = [];
    private readonly List<string> _left = [];
    private Dictionary<string, string?>? _unsaved;
    private long? _changedAt;

    /// <param name="time">The clock.</param>
    /// <param name="taken">Who sat in the room on the host that had it before: all of them have just lost their connections.</param>
    public Presence(TimeProvider time, IReadOnlyList<RoomSeat> taken)
    {
        _time = time;
        foreach (var (key, name) in taken)
        {
            var seat = new Seat(key, name);
            // Not so: Redis died between one giving the name up and the other taking it.
            if (!_byName.TryAdd(name, seat))
                continue;
            _byKey.Add(key, seat);
            MarkUnsaved(key, name);
            Vacate(seat);
        }
    }

    /// <summary>Seats taken: what members are told.</summary>
    public int Count => _byKey.Count;

    public IReadOnlyList<RoomSeat> Seats => [.. _byKey.Values.Select(s => new RoomSeat(s.Key, s.Name))];

    public IEnumerable<string> Names => _byKey.Values.Select(s => s.Name);

    /// <summary>Joined since it was last told.</summary>
    public IReadOnlyList<string> Joined => _joined;

    /// <summary>Left since it was last told.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>
    /// Seats <paramref name="member"/>: on its session's seat if there is one, else on a new one under the name it asks for, or that
    /// name with a number.
    /// </summary>
    /// <returns>The seat, and the older connection of the same session, if it was still there.</returns>
    public (Seat Seat, Member? Replaced) TakeSeat(Member member, string session, string? user)
    {
        var key = KeyOf(session);
        _admitted.Remove(key);
        if (_byKey.TryGetValue(key, out var seat))
        {
            var replaced = seat.Member;
            seat.Member = member;
            return (seat, replaced);
        }
        seat = new Seat(key, FreeName(user ?? GuestName(session))) { Member = member };
        _byKey.Add(key, seat);
        _byName.Add(seat.Name, seat);
        MarkUnsaved(key, seat.Name);
        if (!_left.Remove(seat.Name))
            _joined.Add(seat.Name);
        _changedAt ??= _time.GetTimestamp();
        return (seat, null);
    }

    /// <summary>
    /// Whether <paramref name="session"/> may come in where <paramref name="maxMembers"/> may sit: it has a seat, taken or kept, or there
    /// is a free one, which is then kept for it while its handshake ends. Without that, all who ask at once would get the last one.
    /// </summary>
    public bool TryAdmit(string session, int maxMembers)
    {
        var key = KeyOf(session);
        if (_byKey.ContainsKey(key))
            return true;
        foreach (var (other, since) in _admitted)
        {
            if (_time.GetElapsedTime(since) >= SeatGracePeriod)
                _admitted.Remove(other);
        }
        if (!_admitted.ContainsKey(key) && Count + _admitted.Count >= maxMembers)
            return false;
        _admitted[key] = _time.GetTimestamp();
        return true;
    }

    /// <summary>The connection of <paramref name="member"/> is gone; its seat is kept for a while, unless another connection has it.</summary>
    public void VacateSeatOf(Member member)
    {
        if (member.Seat is not { } seat || seat.Member != member)
            return;
        Vacate(seat);
    }

    /// <summary>Gives up the seats whose time is over.</summary>
    public void ExpireSeats()
    {
        while (_vacated.TryPeek(out var lost) && _time.GetElapsedTime(lost.At) >= SeatGracePeriod)
        {
            var seat = _vacated.Dequeue().Seat;
            // Back, and perhaps lost again: then it stands in the queue once more, further behind.
            if (seat.Member is not null || seat.LostAt != lost.At || !_byKey.Remove(seat.Key))
                continue;
            _byName.Remove(seat.Name);
            MarkUnsaved(seat.Key, null);
            if (!_joined.Remove(seat.Name))
                _left.Add(seat.Name);
            _changedAt ??= _time.GetTimestamp();
        }
    }

    /// <summary>Whether seats were taken or given up since <see cref="TakeUnsaved"/>. At first all are unsaved.</summary>
    public bool HasUnsaved => _unsaved is not null;

    /// <summary>Seats that were taken since the last call, by key, and null for those that were given up; null: none.</summary>
    public IReadOnlyDictionary<string, string?>? TakeUnsaved()
    {
        var unsaved = _unsaved;
        _unsaved = null;
        return unsaved;
    }

    /// <summary>Whether there are changes that were gathered long enough.</summary>
    public bool AreChangesDue => _changedAt is { } at && _time.GetElapsedTime(at) >= ChangeBatchDelay;

    /// <summary>Forgets the changes: they were told.</summary>
    public void ClearChanges()
    {
        _joined.Clear();
        _left.Clear();
        _changedAt = null;
    }

    /// <summary>How long until <see cref="ExpireSeats"/> or telling has something to do; null: not before something happens.</summary>
    public TimeSpan? TimeUntilDue()
    {
        TimeSpan? due = _changedAt is { } at ? ChangeBatchDelay - _time.GetElapsedTime(at) : null;
        if (_vacated.TryPeek(out var lost))
        {
            var expiry = SeatGracePeriod - _time.GetElapsedTime(lost.At);
            due = due is null || expiry < due ? expiry : due;
        }
        return due;
    }

    private void Vacate(Seat seat)
    {
        seat.Member = null;
        seat.LostAt = _time.GetTimestamp();
        _vacated.Enqueue((seat, seat.LostAt));
    }

    private void MarkUnsaved(string key, string? name) => (_unsaved ??= [])[key] = name;

    private string FreeName(string user)
    {
        var name = user;
        for (var n = 2; _byName.ContainsKey(name); n++)
            name = Truncate(user, Limits.MaxUserLength - 1 - n.ToString(
                System.Globalization.CultureInfo.InvariantCulture).Length) + $"-{n}";
        return name;
    }

    /// <summary>
    /// What stands for a session here and in Redis. It does not give it away: whoever has a session can take its seat.
    /// </summary>
    public static string KeyOf(string session) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(session)).AsSpan(0, 16));

    // Of the session, which it does not give away: after a move to another host, too, the same session is the same guest.
    private static string GuestName(string session)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(session), hash);
        Span<char> digits = stackalloc char[5];
        for (var i = 0; i < digits.Length; i++)
            digits[i] = "abcdefghijkmnpqrstuvwxyz23456789"[hash[i] & 31];
        return $"guest-{digits}";
    }

    private static string Truncate(string name, int characters)
    {
        var cut = new StringBuilder();
        foreach (var rune in name.EnumerateRunes().Take(characters))
            cut.Append(rune);
        return cut.ToString();
    }
}
