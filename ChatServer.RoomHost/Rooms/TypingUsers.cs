using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The members that are typing: collected, and told once a second. Not in rooms with more than <see cref="Limits.MaxNamedMembers"/>.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class TypingUsers(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly List<string> _users = [];
    private long _sentAt;

    public bool AreDue => _users.Count > 0 && time.GetElapsedTime(_sentAt) >= Interval;

    public void Add(string user)
    {
        if (!_users.Contains(user))
            _users.Add(user);
    }

    public void Remove(string user) => _users.Remove(user);

    public void Clear() => _users.Clear();

    /// <summary>The <c>typing</c> event of the collected users, which are forgotten. Valid until the thread's next event.</summary>
    public ReadOnlySpan<byte> TakeEvent()
    {
        var json = EventJson.Typing(_users);
        _users.Clear();
        _sentAt = time.GetTimestamp();
        return json;
    }

    /// <summary>Time until <see cref="AreDue"/>; null if nobody is typing.</summary>
    public TimeSpan? TimeUntilDue() => _users.Count > 0 ? Interval - time.GetElapsedTime(_sentAt) : null;
}
