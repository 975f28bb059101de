using ChatServer.Contracts;

namespace ChatServer.Broadcast.Members;

/// <summary>
/// Sends pings to all members, closes members that are silent or do not read, and ends connections that do not read their Close frame.
/// </summary>
/// <remarks>Only turns use it.</remarks>
internal sealed class KeepAlive(Broadcaster broadcaster, TimeSpan pingInterval, TimeSpan silenceTimeout)
{
    private static readonly TimeSpan MaxCheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Time for a member to read its Close frame.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _checkInterval = TimeSpan.FromTicks(Math.Min(MaxCheckInterval.Ticks, silenceTimeout.Ticks / 4));
    private long _pingedAt = broadcaster.Time.GetTimestamp();
    private long _checkedAt = broadcaster.Time.GetTimestamp();

    /// <summary>Does what is due.</summary>
    public void RunDueWork()
    {
        if (broadcaster.Count == 0)
            return;
        if (Elapsed(_pingedAt) >= pingInterval)
        {
            _pingedAt = broadcaster.Time.GetTimestamp();
            broadcaster.AppendPing();
        }
        if (Elapsed(_checkedAt) >= _checkInterval)
            CloseSilentMembers();
    }

    /// <summary>Time until <see cref="RunDueWork"/> has something to do; null without members.</summary>
    public TimeSpan? TimeUntilDue()
    {
        if (broadcaster.Count == 0)
            return null;
        var untilPing = pingInterval - Elapsed(_pingedAt);
        var untilCheck = _checkInterval - Elapsed(_checkedAt);
        return untilPing < untilCheck ? untilPing : untilCheck;
    }

    private void CloseSilentMembers()
    {
        _checkedAt = broadcaster.Time.GetTimestamp();
        foreach (var member in broadcaster.Members)
        {
            if (member.ClosingFor >= CloseTimeout)
                member.Abort();
            else if (member.SilentFor >= (member.SilenceTimeout ?? silenceTimeout))
                member.Close(CloseCodes.GoingAway, "silence", reconnect: true);
            else if (member.StalledFor >= silenceTimeout)
                member.CloseNow(CloseCodes.TooSlow, "too-slow", reconnect: true);
        }
    }

    private TimeSpan Elapsed(long since) => broadcaster.Time.GetElapsedTime(since);
}
