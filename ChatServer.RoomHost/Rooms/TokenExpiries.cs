using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>The members with a token, by the time at which they are closed: the expiry of the token, and the clock skew.</summary>
/// <remarks>Only the room's turn uses it. It holds no memory in a room whose members have no tokens.</remarks>
internal sealed class TokenExpiries(TimeProvider time)
{
    // A token may expire centuries from now, which no timer can express.
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    private SortedDictionary<(DateTimeOffset ExpiresAt, long JoinNumber), Member>? _members;

    /// <summary>A member has joined or has renewed its token.</summary>
    public void Add(Member member)
    {
        if (KeyOf(member) is { } key)
            (_members ??= [])[key] = member;
    }

    /// <summary>A member has left or is about to renew its token.</summary>
    public void Remove(Member member)
    {
        if (KeyOf(member) is { } key && _members is not null && _members.GetValueOrDefault(key) == member)
            _members.Remove(key);
    }

    /// <summary>Takes a member whose token has expired; null if there is none.</summary>
    public Member? TakeExpired()
    {
        if (TimeUntilDue() is not { } due || due > TimeSpan.Zero)
            return null;
        var (key, member) = _members!.First();
        _members!.Remove(key);
        return member;
    }

    /// <summary>Time until the next token expires, at most an hour; null if no member has a token.</summary>
    public TimeSpan? TimeUntilDue()
    {
        if (_members is not { Count: > 0 })
            return null;
        var due = _members.First().Key.ExpiresAt - time.GetUtcNow() + JoinToken.ClockSkew;
        return due < MaxDelay ? due : MaxDelay;
    }

    private static (DateTimeOffset, long)? KeyOf(Member member) =>
        member.Join.Identity.ExpiresAt is { } expiresAt ? (expiresAt, member.JoinNumber) : null;
}
