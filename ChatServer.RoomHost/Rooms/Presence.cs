using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>A name in the room, held by a session: across reconnects, and for a while after its connection was lost.</summary>
internal sealed class Seat(string key, string name)
{
    /// <summary>Identifies the session: see <see cref="Presence.KeyOf"/>.</summary>
    public string Key { get; } = key;

    public string Name { get; } = name;

    /// <summary>The form in which the name is compared: no two seats of a room have the same.</summary>
    public string NameKey { get; } = UserNames.KeyOf(name);

    /// <summary>The name, escaped for JSON.</summary>
    public byte[] EscapedName { get; } = JsonText.Escape(name);

    /// <summary>The connection of the session; null while it has none.</summary>
    public Member? Member { get; set; }

    /// <summary>Timestamp at which the connection was lost.</summary>
    public long LostAt { get; set; }
}

/// <summary>
/// The seats of a room. After a lost connection the seat is kept for <see cref="SeatGracePeriod"/>: a session that reconnects within it
/// neither left nor joined. Changes are collected and told in one event.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class Presence
{
    /// <summary>Time for which the seat of a lost connection is kept.</summary>
    public static readonly TimeSpan SeatGracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Time for which changes are collected.</summary>
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
    /// <param name="taken">The seats on the previous host. Their connections have just been lost.</param>
    public Presence(TimeProvider time, IReadOnlyList<RoomSeat> taken)
    {
        _time = time;
        foreach (var (key, name) in taken)
        {
            var seat = new Seat(key, name);
            // Two seats with one name: Redis failed after one seat was given up and before the other one was saved.
            if (!_byName.TryAdd(seat.NameKey, seat))
                continue;
            _byKey.Add(key, seat);
            MarkUnsaved(key, name);
            Vacate(seat);
        }
    }

    /// <summary>Number of seats: the <c>count</c> that members see.</summary>
    public int Count => _byKey.Count;

    public IReadOnlyList<RoomSeat> Seats => [.. _byKey.Values.Select(s => new RoomSeat(s.Key, s.Name))];

    public IEnumerable<string> Names => _byKey.Values.Select(s => s.Name);

    /// <summary>Names that joined since the last event.</summary>
    public IReadOnlyList<string> Joined => _joined;

    /// <summary>Names that left since the last event.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>
    /// Gives <paramref name="member"/> the seat of its session, or else a new seat with the requested name, with a number appended if
    /// another session has the name.
    /// </summary>
    /// <returns>The seat, and the older connection of the same session, if it still exists.</returns>
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
        _byName.Add(seat.NameKey, seat);
        MarkUnsaved(key, seat.Name);
        if (!_left.Remove(seat.Name))
            _joined.Add(seat.Name);
        _changedAt ??= _time.GetTimestamp();
        return (seat, null);
    }

    /// <summary>
    /// Whether <paramref name="session"/> may join a room of <paramref name="maxMembers"/>: it has a seat, or one is free, which is then
    /// reserved until its handshake ends. Without the reservation, concurrent sessions would all get the last seat.
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

    /// <summary>
    /// The connection of <paramref name="member"/> is gone. Its seat is kept for the grace period, unless another connection has it.
    /// </summary>
    public void VacateSeatOf(Member member)
    {
        if (member.Seat is not { } seat || seat.Member != member)
            return;
        Vacate(seat);
    }

    /// <summary>Gives up the seats whose grace period is over.</summary>
    public void ExpireSeats()
    {
        while (_vacated.TryPeek(out var lost) && _time.GetElapsedTime(lost.At) >= SeatGracePeriod)
        {
            var seat = _vacated.Dequeue().Seat;
            // Reconnected, and perhaps lost again: then the seat has a later entry in the queue.
            if (seat.Member is not null || seat.LostAt != lost.At || !_byKey.Remove(seat.Key))
                continue;
            _byName.Remove(seat.NameKey);
            MarkUnsaved(seat.Key, null);
            if (!_joined.Remove(seat.Name))
                _left.Add(seat.Name);
            _changedAt ??= _time.GetTimestamp();
        }
    }

    /// <summary>Whether seats were taken or given up since <see cref="TakeUnsaved"/>. Initially all seats are unsaved.</summary>
    public bool HasUnsaved => _unsaved is not null;

    /// <summary>
    /// Names of the seats that were taken since the last call, by key; null as a name stands for a seat that was given up. Null if there
    /// are none.
    /// </summary>
    public IReadOnlyDictionary<string, string?>? TakeUnsaved()
    {
        var unsaved = _unsaved;
        _unsaved = null;
        return unsaved;
    }

    /// <summary>Whether there are changes, and the time to collect them is over.</summary>
    public bool AreChangesDue => _changedAt is { } at && _time.GetElapsedTime(at) >= ChangeBatchDelay;

    /// <summary>Removes the changes after their event.</summary>
    public void ClearChanges()
    {
        _joined.Clear();
        _left.Clear();
        _changedAt = null;
    }

    /// <summary>Time until a seat expires or changes are due; null if neither is waiting.</summary>
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
        for (var n = 2; _byName.ContainsKey(UserNames.KeyOf(name)); n++)
            name = Truncate(user, Limits.MaxUserLength - 1 - n.ToString(
                System.Globalization.CultureInfo.InvariantCulture).Length) + $"-{n}";
        return name;
    }

    /// <summary>
    /// Identifies a session here and in Redis without revealing it: a client that knows a session can take its seat.
    /// </summary>
    public static string KeyOf(string session) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(session)).AsSpan(0, 16));

    // Derived from the session, without revealing it: the session has the same guest name on every host.
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
