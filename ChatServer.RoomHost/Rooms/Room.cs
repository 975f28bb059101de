using System.Text;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Relays;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A room that this host holds. All its work happens in turns (<see cref="TurnQueue"/>): what other threads request is posted. The path of
/// a message is in docs/architecture.md; its step numbers are repeated in the code.
/// </summary>
/// <remarks>A room without members holds neither timers nor buffers: some hundred bytes and its port.</remarks>
internal sealed class Room : IAsyncDisposable
{
    // The condition of a flush or a pause becomes true at the end of an append: it is checked this often.
    private static readonly TimeSpan ConditionCheckInterval = TimeSpan.FromMilliseconds(5);

    private readonly TurnQueue _turns;
    private readonly TurnTimer _timer;
    private readonly RoomInbox _inbox = new();
    private readonly Sequencer _sequencer;
    private readonly DedupeWindow _dedupe;
    private readonly MessagePublisher _publisher;
    private readonly Presence _presence;
    private readonly SeatSaver _seatSaver;
    private readonly RoomMembers _members;
    private readonly RoomRelays _relays;
    private readonly SanctionEnforcer _sanctions;
    private readonly SlowMode _slowMode;
    private readonly WriteFence _fence;
    private readonly RoomTurn _turn;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly bool _isDurable;
    private volatile RoomRecord _record;

    /// <param name="record">The room as this host claimed it.</param>
    /// <param name="tail">The end of the log; null if the ring is the log.</param>
    /// <param name="log">The log; null if the ring is the log.</param>
    /// <param name="previousSeats">The seats on the host that had the room before.</param>
    /// <param name="seats">Saves the seats; null to save nothing.</param>
    /// <param name="options">The host's options.</param>
    /// <param name="welcomeLimits">The <c>limits</c> of the welcome, shared by all rooms.</param>
    /// <param name="time">The clock.</param>
    /// <param name="fence">Whether the room may write.</param>
    /// <param name="scheduler">Runs the turns; the thread pool by default.</param>
    public Room(
        RoomRecord record, LogTail? tail, DurableLog? log, IReadOnlyList<RoomSeat> previousSeats, DurableSeats? seats,
        RoomHostOptions options, byte[] welcomeLimits, TimeProvider time, WriteFence fence, TurnScheduler? scheduler = null)
    {
        Erased = record.Erased;
        (_record, Options, Time, _fence, _isDurable) = (record, options, time, fence, log is not null);
        _turns = new TurnQueue(scheduler ?? TurnScheduler.ThreadPool);
        _timer = new TurnTimer(_turns, time);
        var keepEvents = _isDurable ? 0 : Math.Max(1, record.Options.History);
        Broadcaster = new Broadcaster(_turns, time, options.RoomBufferBytes, keepEvents);
        History = new RoomHistory(record, log, Ring, tail?.Page.Oldest ?? record.Seq + 1, _turns, time, _abandoned.Token);
        _presence = new Presence(time, previousSeats, new SeatQuota(options));
        _seatSaver = new SeatSaver(_presence, seats, _turns, _abandoned.Token);
        _sanctions = new SanctionEnforcer(_presence, Sanctions);
        _members = new RoomMembers(record, Broadcaster, _presence, _sanctions, History, welcomeLimits, time);
        _slowMode = new SlowMode(time) { Interval = TimeSpan.FromSeconds(record.Options.SlowModeSeconds) };
        _dedupe = new DedupeWindow(record.Options.History);
        Deletions = new MessageDeletions(this, log);
        var clock = new LogClock(time, tail?.NewestTime ?? default);
        var restrictions = new SendRestrictions(Sanctions, _slowMode, options, time);
        _sequencer = new Sequencer(_inbox, _dedupe, restrictions, clock, record.Seq, record.Announced);
        Queries = new RoomQueries(_turns, record.Epoch, _presence, History, Ring, _dedupe, _sequencer);
        _publisher = new MessagePublisher(_inbox, _sequencer, log, History, Broadcaster, time, _abandoned.Token);
        Report = new RoomReport(_presence, _publisher, _sequencer, _isDurable);
        _relays = new RoomRelays(record, options, Broadcaster, _presence, _members, History);
        var keepAlive = new KeepAlive(Broadcaster, options.PingInterval, options.SilenceTimeout);
        _turn = new RoomTurn(_inbox, _publisher, _members, _relays, _seatSaver, Broadcaster, keepAlive, fence, _timer);
        _turn.Failed += () => Failed?.Invoke(this);
        Restore(tail);
        _turns.Start(_turn);
    }

    /// <summary>The room as it was claimed, with its current options: nothing else changes while this host has the room.</summary>
    public RoomRecord Record => _record;

    public RoomHostOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Sends to the members. Only in turns.</summary>
    public Broadcaster Broadcaster { get; }

    /// <summary>The room's events. Only in turns.</summary>
    public RoomHistory History { get; }

    public FrameRing Ring => Broadcaster.Ring;

    /// <summary>The bans and mutes that apply. <see cref="EnforceSanctions"/> must follow a change.</summary>
    public RoomSanctions Sanctions { get; } = new();

    /// <summary>Carries out the commands of members; null if there is none: they are refused.</summary>
    public IMemberCommands? Commands { get; init; }

    /// <summary>Verifies the tokens that members send to renew theirs; null: they cannot be renewed.</summary>
    public TokenVerifier? Tokens { get; init; }

    /// <summary>Decides which messages are traced.</summary>
    public MessageSampler Sampler { get; init; } = MessageSampler.Shared;

    /// <summary>Sequence of the log's newest event.</summary>
    public long Seq => History.Seq;

    /// <summary>Connections, those that are being closed and those that wait to join included.</summary>
    public int Connections => _members.Connections;

    /// <summary>Time without a connection; null while there is one.</summary>
    public TimeSpan? EmptyFor => _members.EmptyFor;

    /// <summary>Messages that this host has added to the log.</summary>
    public long Messages => _publisher.Messages;

    /// <summary>Number of the newest announcement that the room has, or is about to have.</summary>
    public long Announced => _sequencer.Announced;

    /// <summary>The number of the newest erasure that the room has carried out.</summary>
    public long Erased { get; set; }

    /// <summary>Whether the room is certainly this host's now.</summary>
    public bool IsOwned => _fence.IsOwned;

    /// <summary>
    /// Why the room stopped: it takes no messages, has closed its members to reconnect, and must be reopened. Null if it works.
    /// </summary>
    public RoomFailure? Failure => _turn.Failure;

    /// <summary>Raised once, in a turn, when <see cref="Failure"/> is set.</summary>
    public event Action<Room>? Failed;

    // ---- requests of other threads

    /// <summary>Runs an action in the room's turn.</summary>
    public void Post(Action action) => _turns.Post(action);

    /// <summary>Makes sure that a turn begins.</summary>
    public void Schedule() => _turns.Schedule();

    /// <summary>Adds an item to the batch that is filling; <see cref="Schedule"/> must follow. False if too much waits.</summary>
    public bool TryStage(in BatchItem item, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text, MessageTrace? trace = null) =>
        _inbox.TryStage(item, id, text, trace);

    /// <summary>Why a session gets no seat; null if one is free, or if it has one. <see cref="Enter"/> must follow soon.</summary>
    public Task<SeatRefusal?> ReserveSeatAsync(MemberIdentity identity) =>
        _turns.AskAsync(() => _presence.Reserve(identity, Record.Options.MaxMembers));

    /// <summary>Adds a connection whose handshake is complete.</summary>
    public void Enter(RoomConnection connection, AdmittedJoin join)
    {
        Post(() =>
        {
            var member = new Member(this, new MemberSender(connection, Broadcaster), join) { JoinNumber = _members.NextJoinNumber() };
            _members.Enter(member, connection, _fence.IsPaused);
        });
    }

    /// <summary>The relays of load balancers. Only in turns.</summary>
    public RoomRelays Relays => _relays;

    /// <summary>Posts a message of a server-side sender.</summary>
    /// <param name="user">The sender's name.</param>
    /// <param name="uid">The sender's <c>uid</c>.</param>
    /// <param name="text">The text.</param>
    /// <param name="id">Identifies the message if it is sent again by the same <paramref name="uid"/>.</param>
    /// <param name="done">Called with the sequence, or with an error code.</param>
    /// <param name="trace">Traces the message.</param>
    public void Say(string user, string uid, string text, string id, Action<long, string?> done, MessageTrace? trace = null)
    {
        var escapedId = JsonText.Escape(id);
        var item = new BatchItem
        {
            Kind = BatchItemKind.Message,
            SenderJson = EventJson.Sender(user, uid),
            // A session that no member can have: a member's session has no control characters.
            Key = MessageKey.Of(Encoding.UTF8.GetBytes($"\0{uid}"), escapedId),
            OnLogged = done,
        };
        if (!_members.IsClosed && IsOwned && TryStage(item, escapedId, JsonText.Escape(text), trace))
        {
            Schedule();
            return;
        }
        trace?.Fail(RoomErrorCodes.Unavailable);
        done(0, RoomErrorCodes.Unavailable);
    }

    /// <summary>Posts an announcement, unless the room has it.</summary>
    public void Announce(AnnouncementRecord announcement) => Post(() =>
    {
        if (_members.IsClosed || !announcement.IsFor(Record.Name) || !_sequencer.TryAcceptAnnouncement(announcement.Number))
            return;
        var trace = TraceContext.TryParse(announcement.Traceparent, out var parent) ? Sampler.StartTrace(Record.Name, parent) : null;
        var item = new BatchItem { Kind = BatchItemKind.Announcement, Announcement = announcement.Number };
        TryStage(item, default, JsonText.Escape(announcement.Text), trace);
    });

    /// <summary>Deletes messages.</summary>
    public MessageDeletions Deletions { get; }

    /// <summary>What the record of the room states of its members and messages.</summary>
    public RoomReport Report { get; }

    /// <summary>Answers questions about the room's state.</summary>
    public RoomQueries Queries { get; }

    /// <summary>Applies <see cref="Sanctions"/> to the members.</summary>
    public void EnforceSanctions() => Post(_sanctions.Enforce);

    /// <summary>Removes the members with a <c>uid</c>; they may join again.</summary>
    public void Kick(string uid, string? reason) => Post(() => _sanctions.Kick(uid, reason));

    /// <summary>Applies changed options, and tells the members. Not for concurrent calls.</summary>
    public void Change(RoomOptions options)
    {
        _record = _record with { Options = options };
        Post(() =>
        {
            _slowMode.Interval = TimeSpan.FromSeconds(options.SlowModeSeconds);
            _members.Change(options);
        });
    }

    /// <summary>The directory confirmed that the room is this host's.</summary>
    /// <param name="confirmedAt">A timestamp from before the directory was read.</param>
    public void ConfirmOwnership(long confirmedAt)
    {
        _fence.Confirm(confirmedAt);
        Schedule();
    }

    // ---- the end

    /// <summary>
    /// Makes new messages and joins wait until <see cref="Unpause"/>. False if something is still in flight to Redis after
    /// <paramref name="timeout"/>; then nothing waits.
    /// </summary>
    public async Task<bool> PauseAsync(TimeSpan timeout)
    {
        Post(() => _fence.IsPaused = true);
        if (await WaitUntilAsync(() => !_publisher.IsAppending && _seatSaver.IsComplete, timeout))
            return true;
        Unpause();
        return false;
    }

    /// <summary>Ends a pause.</summary>
    public void Unpause() => Post(() =>
    {
        _fence.IsPaused = false;
        _members.EnterHeld();
    });

    /// <summary>Waits until the messages so far are logged and Redis has the seats, at most <paramref name="timeout"/>.</summary>
    public Task FlushAsync(TimeSpan timeout) => WaitUntilAsync(
        () => _members.IsClosed || (!_publisher.IsAppending && _seatSaver.IsComplete && !(_inbox.HasBatches && _fence.CanWrite)), timeout);

    /// <summary>
    /// Closes all members, now and later ones, and waits until they are gone. After <paramref name="timeout"/> their connections are ended.
    /// Messages that are not logged yet are refused.
    /// </summary>
    public async Task CloseAsync(ushort code, string reason, bool reconnect, TimeSpan timeout)
    {
        Post(() => _members.Close(code, reason, reconnect));
        if (await IsCompletedWithinAsync(_members.AllGone, timeout))
            return;
        Post(_members.Abort);
        if (Failure?.IsFault == true)
            await IsCompletedWithinAsync(_members.AllGone, timeout); // its list of members may be damaged
        else
            await _members.AllGone;
    }

    /// <summary>Gives up what is in flight. <see cref="CloseAsync"/> comes first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync();
        await _turns.AskAsync(() =>
        {
            _publisher.Abandon();
            _timer.Dispose();
            Broadcaster.Release();
            return true;
        });
    }

    // ---- requests of members, in turns

    /// <summary>A member's connection is gone.</summary>
    public void Leave(Member member) => _members.Leave(member);

    /// <summary>A member has a newer token: its load balancer keeps the new state.</summary>
    public void Renew(Member member, JoinToken token)
    {
        _members.Renew(member, token);
        (member.Sender as RelayedSender)?.SendState(RelayedMemberState.Of(member));
    }

    /// <summary>A member is typing.</summary>
    public void MarkTyping(Member member) => _members.MarkTyping(member);

    private void Restore(LogTail? tail)
    {
        foreach (var (written, seq) in tail?.MessageKeys ?? [])
        {
            if (MessageKey.Parse(written) is { } key)
                _dedupe.TryAdd(key, seq, out _);
        }
        foreach (var (seq, entry) in tail?.Page.Events ?? [])
        {
            if (MessageKey.Parse(entry.Key) is { } key)
                _dedupe.TryAdd(key, seq, out _);
            Broadcaster.Append(entry.Event.Span, seq);
        }
    }

    private async Task<bool> WaitUntilAsync(Func<bool> condition, TimeSpan timeout)
    {
        var isTrue = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Check()
        {
            if (condition())
                isTrue.TrySetResult();
            else
                _ = Task.Delay(ConditionCheckInterval, Time).ContinueWith(_ => Post(Check), TaskScheduler.Default);
        }
        Post(Check);
        return await IsCompletedWithinAsync(isTrue.Task, timeout);
    }

    private async Task<bool> IsCompletedWithinAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout, Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
