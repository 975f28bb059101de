using ChatServer.Broadcast.Frames;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a room does by the clock: telling who came and went, pings, silence, giving memory back.</summary>
internal sealed partial class Room
{
    // A room that was quiet for this long gives its ring back; whoever then needs the past reads it from the log.
    private static readonly TimeSpan ReleaseBuffersAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan TypingInterval = TimeSpan.FromSeconds(1);

    // How often silence is looked for.
    private static readonly TimeSpan MaxSilenceCheckInterval = TimeSpan.FromSeconds(5);

    // How long a connection that is being closed may take to read its Close frame.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    // No timer is shorter.
    private static readonly TimeSpan MinTimerDelay = TimeSpan.FromMilliseconds(10);

    private ITimer? _timer;
    private long _timerDue;

    private void RunDueWork()
    {
        if (_closed is null)
        {
            // Of a room that is about to move its next host tells.
            if (!_paused)
            {
                _presence.ExpireSeats();
                if (_presence.AreChangesDue)
                    BroadcastPresence();
            }
            if (_presence.Count > Limits.MaxNamedMembers)
                _typing.Clear();
            if (_typing.Count > 0 && Time.GetElapsedTime(_typingSentAt) >= TypingInterval)
                BroadcastTyping();
        }
        if (_memberCount == 0)
            return;
        if (Time.GetElapsedTime(_pingedAt) >= Options.PingInterval)
        {
            _pingedAt = Time.GetTimestamp();
            AppendFrame(FrameWriter.Ping);
        }
        if (Time.GetElapsedTime(_silenceCheckedAt) >= SilenceCheckInterval)
            CloseSilentMembers();
    }

    private void BroadcastPresence()
    {
        // Few members may be left of many: their names would make a frame larger than the ring.
        var named = _presence.Count <= Limits.MaxNamedMembers && _presence.Left.Count <= Limits.MaxNamedMembers;
        BroadcastTransient(EventJson.Presence(Scratch, _presence.Count, named ? _presence.Joined : [], named ? _presence.Left : []));
        _presence.ClearChanges();
    }

    private void BroadcastTyping()
    {
        BroadcastTransient(EventJson.Typing(Scratch, _typing));
        _typing.Clear();
        _typingSentAt = Time.GetTimestamp();
    }

    // What is not in the log is only for those who are here.
    private void BroadcastTransient(ReadOnlySpan<byte> json)
    {
        if (_memberCount == 0)
            return;
        AppendEvent(json, seq: 0);
        // Who catches up begins to follow the ring behind this frame, and would never know.
        foreach (var member in _members.AsSpan(0, _memberCount))
        {
            if (member.CatchUpSeq != 0)
                member.Send(json);
        }
    }

    private void CloseSilentMembers()
    {
        _silenceCheckedAt = Time.GetTimestamp();
        foreach (var member in _members.AsSpan(0, _memberCount))
        {
            if (member.ClosingFor >= CloseTimeout)
                member.Abort();
            else if (member.SilentFor >= Options.SilenceTimeout)
                member.Close(CloseCodes.GoingAway, "silence", reconnect: true);
        }
    }

    private void ReleaseBuffersIfQuiet()
    {
        if (Time.GetElapsedTime(_activeAt) < ReleaseBuffersAfter)
            return;
        if (_log is not null && Ring.Capacity > 0 && SlowestCursor(_plainSubscribers) == Ring.Head)
            Ring.Release();
        if (_deflatedSubscribers is { Ring.Capacity: > 0 } deflated && SlowestCursor(deflated) == deflated.Ring.Head)
            deflated.Ring.Release();
    }

    private void SetTimer()
    {
        TimeSpan? due = _closed is null && !_paused ? _presence.TimeUntilDue() : null;
        if (_closed is null && _typing.Count > 0)
            due = Earlier(due, TypingInterval, _typingSentAt);
        if (_memberCount > 0)
            due = Earlier(Earlier(due, Options.PingInterval, _pingedAt), SilenceCheckInterval, _silenceCheckedAt);
        // Overdue, it waits for a member that lags: looking for silence comes by soon enough.
        if ((_log is not null && Ring.Capacity > 0 || _deflatedSubscribers is { Ring.Capacity: > 0 })
            && Time.GetElapsedTime(_activeAt) < ReleaseBuffersAfter)
            due = Earlier(due, ReleaseBuffersAfter, _activeAt);
        if (due is not { } wait)
            return;
        // A timer that goes off no later than needed stays: setting one costs more than an idle turn.
        wait = wait > MinTimerDelay ? wait : MinTimerDelay;
        var at = Time.GetTimestamp() + (long)(wait.TotalSeconds * Time.TimestampFrequency);
        if (Volatile.Read(ref _timerDue) is not 0 and var set && set <= at)
            return;
        Volatile.Write(ref _timerDue, at);
        _timer ??= Time.CreateTimer(static room => ((Room)room!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    // Forgotten before the turn: one that it wakes too early sets it again. Posted, not only scheduled: a turn that is ending now has
    // looked at the clock already, and without something to do there would be no other.
    private void OnTimer()
    {
        Volatile.Write(ref _timerDue, 0);
        Post(static () => { });
    }

    private TimeSpan Earlier(TimeSpan? due, TimeSpan period, long since)
    {
        var wait = period - Time.GetElapsedTime(since);
        return due is { } d && d < wait ? d : wait;
    }

    private TimeSpan SilenceCheckInterval => TimeSpan.FromTicks(Math.Min(MaxSilenceCheckInterval.Ticks, Options.SilenceTimeout.Ticks / 4));
}
