using ChatServer.Contracts;
using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a room does by the clock: telling who came and went, pings, silence, giving memory back.</summary>
internal sealed partial class Room
{
    // A room that was quiet for this long gives its ring back; whoever then needs the past reads it from the log.
    private static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan TypingTold = TimeSpan.FromSeconds(1);

    // How often silence is looked for.
    private static readonly TimeSpan ListenEvery = TimeSpan.FromSeconds(5);

    // How long a connection that is being closed may take to read its Close frame.
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(5);

    // No timer is shorter.
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    private ITimer? _timer;
    private long _timerDue;

    private void Tick()
    {
        if (_closed is null)
        {
            // Of a room that is about to move its next host tells.
            if (!_paused)
            {
                _presence.Expire();
                if (_presence.IsToBeTold)
                    TellPresence();
            }
            if (_presence.Count > Limits.MaxNamedMembers)
                _typing.Clear();
            if (_typing.Count > 0 && Time.GetElapsedTime(_typingToldAt) >= TypingTold)
                TellTyping();
        }
        if (_count == 0)
            return;
        if (Time.GetElapsedTime(_pingedAt) >= Options.PingInterval)
        {
            _pingedAt = Time.GetTimestamp();
            PutFrame(FrameWriter.Ping);
        }
        if (Time.GetElapsedTime(_listenedAt) >= Listening)
            Listen();
    }

    private void TellPresence()
    {
        // Few members may be left of many: their names would make a frame larger than the ring.
        var named = _presence.Count <= Limits.MaxNamedMembers && _presence.Left.Count <= Limits.MaxNamedMembers;
        Tell(Events.Presence(Scratch, _presence.Count, named ? _presence.Joined : [], named ? _presence.Left : []));
        _presence.Told();
    }

    private void TellTyping()
    {
        Tell(Events.Typing(Scratch, _typing));
        _typing.Clear();
        _typingToldAt = Time.GetTimestamp();
    }

    // What is not in the log is only for those who are here.
    private void Tell(ReadOnlySpan<byte> json)
    {
        if (_count == 0)
            return;
        Put(json, seq: 0);
        // Who catches up begins to follow the ring behind this frame, and would never know.
        foreach (var member in _members.AsSpan(0, _count))
        {
            if (member.CatchUp != 0)
                member.Send(json);
        }
    }

    private void Listen()
    {
        _listenedAt = Time.GetTimestamp();
        foreach (var member in _members.AsSpan(0, _count))
        {
            if (member.ClosingFor >= ClosingPatience)
                member.Abort();
            else if (member.Silence >= Options.SilenceTimeout)
                member.Close(CloseCodes.GoingAway, "silence", reconnect: true);
        }
    }

    private void ReleaseIfQuiet()
    {
        if (Time.GetElapsedTime(_activeAt) < QuietFor)
            return;
        if (_log is not null && Ring.Capacity > 0 && SlowestCursor(_plain) == Ring.Head)
            Ring.Release();
        if (_deflated is { Ring.Capacity: > 0 } deflated && SlowestCursor(deflated) == deflated.Ring.Head)
            deflated.Ring.Release();
    }

    private void SetTimer()
    {
        TimeSpan? due = _closed is null && !_paused ? _presence.Due() : null;
        if (_closed is null && _typing.Count > 0)
            due = Earlier(due, TypingTold, _typingToldAt);
        if (_count > 0)
            due = Earlier(Earlier(due, Options.PingInterval, _pingedAt), Listening, _listenedAt);
        // Overdue, it waits for a member that lags: looking for silence comes by soon enough.
        if ((_log is not null && Ring.Capacity > 0 || _deflated is { Ring.Capacity: > 0 }) && Time.GetElapsedTime(_activeAt) < QuietFor)
            due = Earlier(due, QuietFor, _activeAt);
        if (due is not { } wait)
            return;
        // A timer that goes off no later than needed stays: setting one costs more than an idle turn.
        wait = wait > Soon ? wait : Soon;
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

    private TimeSpan Listening => TimeSpan.FromTicks(Math.Min(ListenEvery.Ticks, Options.SilenceTimeout.Ticks / 4));
}
