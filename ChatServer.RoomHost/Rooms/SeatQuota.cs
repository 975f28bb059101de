using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Why a session gets no seat.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Detail">Description for the client.</param>
internal sealed record SeatRefusal(string Code, string Detail)
{
    public static SeatRefusal RoomIsFull { get; } = new(ErrorCodes.RoomFull, "The room is full.");

    public static SeatRefusal OfAddress { get; } = new(ErrorCodes.RateLimited, "The room has too many members from this address.");

    public static SeatRefusal OfUid { get; } = new(ErrorCodes.RateLimited, "The user has too many connections to the room.");

    public static SeatRefusal OfSession { get; } = new(ErrorCodes.RateLimited, "The session has too many connections to the room.");
}

/// <summary>To whom a seat or a reservation is counted.</summary>
/// <param name="Key">The seat: <see cref="MemberIdentity.SeatKey"/>.</param>
/// <param name="Network">See <see cref="ClientNetwork"/>; empty if it is unknown.</param>
/// <param name="Uid">The holder.</param>
internal readonly record struct SeatOwner(string Key, string Network, string Uid)
{
    public static SeatOwner Of(MemberIdentity identity) => new(identity.SeatKey, identity.Network, identity.Uid);

    public static SeatOwner Of(Seat seat) => new(seat.Key, seat.Network, seat.Uid);
}

/// <summary>
/// Counts the seats and reservations in a room of each address, user and session. A session without a token has one seat, and its
/// <c>uid</c> belongs to it: only holders of tokens are counted by them.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SeatQuota(RoomHostOptions options)
{
    private readonly Dictionary<string, int> _networks = [], _uids = [], _sessions = [];

    /// <summary>Why the owner gets no further seat; null if it may.</summary>
    public SeatRefusal? FindRefusal(in SeatOwner owner)
    {
        if (FindRefusalOfAddress(owner.Network) is { } refusal)
            return refusal;
        if (UserIds.IsOfSession(owner.Uid))
            return null;
        if (IsFull(_uids, owner.Uid, options.ConnectionsPerUid))
            return SeatRefusal.OfUid;
        return IsFull(_sessions, MemberIdentity.SessionHashOf(owner.Key), options.ConnectionsPerSession) ? SeatRefusal.OfSession : null;
    }

    /// <summary>Why an address gets no further seat; null if it may.</summary>
    public SeatRefusal? FindRefusalOfAddress(string network) =>
        IsFull(_networks, network, options.MembersPerAddress) ? SeatRefusal.OfAddress : null;

    /// <summary>Counts a seat or a reservation.</summary>
    public void Add(in SeatOwner owner) => Count(owner, 1);

    /// <summary>A seat or a reservation ended.</summary>
    public void Remove(in SeatOwner owner) => Count(owner, -1);

    private static bool IsFull(Dictionary<string, int> counts, string key, int max) => max > 0 && counts.GetValueOrDefault(key) >= max;

    private void Count(in SeatOwner owner, int change)
    {
        if (owner.Network.Length > 0)
            Count(_networks, owner.Network, change);
        if (UserIds.IsOfSession(owner.Uid))
            return;
        Count(_uids, owner.Uid, change);
        Count(_sessions, MemberIdentity.SessionHashOf(owner.Key), change);
    }

    private static void Count(Dictionary<string, int> counts, string key, int change)
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count == 0)
            counts.Remove(key);
        else
            counts[key] = count;
    }
}

/// <summary>
/// The seats that were promised to handshakes that are not complete. A reservation ends after <see cref="Presence.SeatGracePeriod"/>.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SeatReservations(TimeProvider time, SeatQuota quota)
{
    private readonly Dictionary<string, (SeatOwner Owner, long Since)> _reserved = [];
    private readonly Queue<(string Key, long Since)> _order = []; // also those that were removed

    public int Count => _reserved.Count;

    public void Add(in SeatOwner owner)
    {
        var now = time.GetTimestamp();
        _reserved.Add(owner.Key, (owner, now));
        _order.Enqueue((owner.Key, now));
        quota.Add(owner);
    }

    /// <summary>Ends a reservation; false if there is none.</summary>
    public bool Remove(string key)
    {
        if (!_reserved.Remove(key, out var reserved))
            return false;
        quota.Remove(reserved.Owner);
        return true;
    }

    /// <summary>Ends those that are too old.</summary>
    public void Expire()
    {
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= Presence.SeatGracePeriod)
        {
            _order.Dequeue();
            if (_reserved.TryGetValue(oldest.Key, out var reserved) && reserved.Since == oldest.Since)
                Remove(oldest.Key);
        }
    }
}
