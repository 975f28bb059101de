using System.Security.Cryptography;
using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>A name in the room, held by a session: across reconnects, and for a while after its connection was lost.</summary>
internal sealed class Seat(string key, string name, string uid)
{
    /// <summary>Identifies the seat: see <see cref="MemberIdentity.SeatKey"/>.</summary>
    public string Key { get; } = key;

    public string Name { get; } = name;

    /// <summary>The holder of the name: see <see cref="UserIds"/>.</summary>
    public string Uid { get; } = uid;

    /// <summary>The form in which the name is compared: no two seats of a room have the same.</summary>
    public string NameKey { get; } = UserNames.KeyOf(name);

    /// <summary>The properties of the holder in its events.</summary>
    public byte[] SenderJson { get; } = EventJson.Sender(name, uid);

    /// <summary>What pages show of the holder, a JSON object; null if there is nothing.</summary>
    public string? Profile { get; set; }

    /// <summary>What the holder may do.</summary>
    public Permissions Permissions { get; set; } = Permissions.Read | Permissions.Write;

    /// <summary>The network of the connection, or of the last one (<see cref="ClientNetwork"/>); empty if it is unknown.</summary>
    public string Network { get; set; } = "";

    /// <summary>The connection of the session; null while it has none.</summary>
    public Member? Member { get; set; }

    /// <summary>Timestamp of the last message that got its place in the log; null if there was none.</summary>
    public long? SpokeAt { get; set; }

    /// <summary>Timestamp at which the connection was lost.</summary>
    public long LostAt { get; set; }

    /// <summary>The seat for the host that has the room next.</summary>
    public RoomSeat ToRecord() => new(Key, Name, Uid, Profile, Permissions);
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
    private readonly SeatReservations _reservations;
    private readonly SeatQuota _quota;
    private readonly Queue<(Seat Seat, long At)> _vacated = [];
    private readonly List<Seat> _joined = [];
    private readonly List<Seat> _left = [];
    private Dictionary<string, RoomSeat?>? _unsaved;
    private long? _changedAt;

    /// <param name="time">The clock.</param>
    /// <param name="taken">The seats on the previous host. Their connections have just been lost.</param>
    /// <param name="quota">Limits the seats of an address, a user and a session.</param>
    public Presence(TimeProvider time, IReadOnlyList<RoomSeat> taken, SeatQuota quota)
    {
        (_time, _quota, _reservations) = (time, quota, new SeatReservations(time, quota));
        foreach (var saved in taken)
        {
            var seat = new Seat(saved.Key, saved.Name, saved.Uid) { Profile = saved.Profile, Permissions = saved.Permissions };
            // Two seats with one name: Redis failed after one seat was given up and before the other one was saved.
            if (!_byName.TryAdd(seat.NameKey, seat))
                continue;
            _byKey.Add(seat.Key, seat);
            _quota.Add(SeatOwner.Of(seat));
            MarkUnsaved(seat);
            Vacate(seat);
        }
    }

    /// <summary>Number of seats: the <c>count</c> that members see.</summary>
    public int Count => _byKey.Count;

    public IReadOnlyCollection<Seat> Seats => _byKey.Values;

    /// <summary>Seats that were taken since the last event.</summary>
    public IReadOnlyList<Seat> Joined => _joined;

    /// <summary>Seats that were given up since the last event.</summary>
    public IReadOnlyList<Seat> Left => _left;

    /// <summary>
    /// Gives <paramref name="member"/> the seat of its session, or else a new seat with the requested name, with a number appended if
    /// another session has the name.
    /// </summary>
    /// <returns>The seat, and the older connection of the same session, if it still exists.</returns>
    public (Seat Seat, Member? Replaced) TakeSeat(Member member, MemberIdentity identity)
    {
        var key = identity.SeatKey;
        _reservations.Remove(key);
        if (_byKey.TryGetValue(key, out var seat))
        {
            var replaced = seat.Member;
            _quota.Remove(SeatOwner.Of(seat));
            seat.Network = identity.Network;
            _quota.Add(SeatOwner.Of(seat));
            seat.Member = member;
            (seat.Profile, seat.Permissions) = (identity.Profile, identity.Permissions);
            return (seat, replaced);
        }
        seat = new Seat(key, FreeName(identity.User ?? GuestName(identity.Session)), identity.Uid)
        {
            Member = member,
            Network = identity.Network,
            Profile = identity.Profile,
            Permissions = identity.Permissions,
        };
        _byKey.Add(key, seat);
        _quota.Add(SeatOwner.Of(seat));
        _byName.Add(seat.NameKey, seat);
        MarkUnsaved(seat);
        if (!TryRemove(_left, seat))
            _joined.Add(seat);
        _changedAt ??= _time.GetTimestamp();
        return (seat, null);
    }

    /// <summary>The seat with a name, compared as names are; null if there is none.</summary>
    public Seat? Find(string user) => _byName.GetValueOrDefault(UserNames.KeyOf(user));

    /// <summary>The connection that has the seat; null if there is none.</summary>
    public Member? FindMember(MemberIdentity identity) => _byKey.TryGetValue(identity.SeatKey, out var seat) ? seat.Member : null;

    /// <summary>Whether a session holds a seat, with a token or without.</summary>
    public bool HoldsSeat(string session)
    {
        var hash = MemberIdentity.HashOf(session);
        return _byKey.ContainsKey(hash) || _byKey.Keys.Any(key => key.StartsWith(hash, StringComparison.Ordinal));
    }

    /// <summary>
    /// Why <paramref name="identity"/> may not join a room of <paramref name="maxMembers"/> (0: no limit); null if it has a seat, or if one
    /// is free, which is then reserved until its handshake ends. Without the reservation, concurrent sessions would all get the last seat.
    /// </summary>
    public SeatRefusal? Reserve(MemberIdentity identity, int maxMembers)
    {
        var owner = SeatOwner.Of(identity);
        _reservations.Expire();
        if (_byKey.TryGetValue(owner.Key, out var seat))
            return seat.Network == owner.Network ? null : _quota.FindRefusalOfAddress(owner.Network);
        var isReserved = _reservations.Remove(owner.Key);
        if (!isReserved && maxMembers > 0 && Count + _reservations.Count >= maxMembers)
            return SeatRefusal.RoomIsFull;
        if (_quota.FindRefusal(owner) is { } refusal)
            return refusal;
        _reservations.Add(owner);
        return null;
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

    /// <summary>Gives up a seat at once: its holder was removed.</summary>
    public void GiveUp(Seat seat)
    {
        seat.Member = null;
        if (!_byKey.Remove(seat.Key))
            return;
        _byName.Remove(seat.NameKey);
        _quota.Remove(SeatOwner.Of(seat));
        MarkGivenUp(seat);
        // Also if its join was not sent yet: the welcome of a member that joined meanwhile has the name.
        TryRemove(_joined, seat);
        _left.Add(seat);
        _changedAt ??= _time.GetTimestamp();
    }

    /// <summary>Gives up the seats whose grace period is over.</summary>
    public void ExpireSeats()
    {
        while (_vacated.TryPeek(out var lost) && _time.GetElapsedTime(lost.At) >= SeatGracePeriod)
        {
            var seat = _vacated.Dequeue().Seat;
            // Reconnected, and perhaps lost again: then the seat has a later entry in the queue.
            if (seat.Member is null && seat.LostAt == lost.At)
                GiveUp(seat);
        }
    }

    /// <summary>Whether seats were taken or given up since <see cref="TakeUnsaved"/>. Initially all seats are unsaved.</summary>
    public bool HasUnsaved => _unsaved is not null;

    /// <summary>
    /// The seats that were taken since the last call, by key; null stands for a seat that was given up. Null if there are none.
    /// </summary>
    public IReadOnlyDictionary<string, RoomSeat?>? TakeUnsaved()
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

    // A seat that the same holder gave up and took again, under the same name, neither left nor joined.
    private static bool TryRemove(List<Seat> changes, Seat seat)
    {
        var index = changes.FindIndex(other => other.Name == seat.Name && other.Uid == seat.Uid);
        if (index >= 0)
            changes.RemoveAt(index);
        return index >= 0;
    }

    private void MarkUnsaved(Seat seat) => (_unsaved ??= [])[seat.Key] = seat.ToRecord();

    private void MarkGivenUp(Seat seat) => (_unsaved ??= [])[seat.Key] = null;

    private string FreeName(string user)
    {
        var name = user;
        for (var n = 2; _byName.ContainsKey(UserNames.KeyOf(name)); n++)
            name = Truncate(user, Limits.MaxUserLength - 1 - n.ToString(
                System.Globalization.CultureInfo.InvariantCulture).Length) + $"-{n}";
        return name;
    }

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
