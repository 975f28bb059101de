using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Rings;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A room that this host holds. Everything about it happens in its turn, on one thread of the pool at a time; whoever wants
/// something from it posts it and schedules a turn.
///
/// The way of a message, from socket to sockets:
///   1. <c>Member.Frames.cs</c>: a text frame is read in place (<see cref="ClientFrame"/>).
///   2. <c>Member.Frames.cs</c>: it passes the rate and goes into the batch that is filling (<see cref="RoomInbox"/>).
///   3. <see cref="Sequencer"/>: the batch is numbered, encoded, appended to the log, and put into the ring (<see cref="FrameRing"/>).
///   4. <see cref="RingSubscribers"/>: every member is sent what lies between its cursor and the head; <c>Member.cs</c> finishes where a
///      socket is full.
/// </summary>
/// <remarks>A room without members holds neither timers nor buffers: some hundred bytes and its port.</remarks>
internal sealed partial class Room : IThreadPoolWorkItem, IAsyncDisposable
{
    private readonly RoomInbox _inbox = new();
    private readonly Presence _presence;
    private readonly Sequencer _sequencer;
    private readonly DurableLog? _log;
    private readonly DurableSeats? _seats;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly TaskCompletionSource _lastMemberGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _typing = [];
    private readonly List<Member> _senders = [];
    private readonly Func<long> _slowestPlain;
    private readonly byte[] _limits;
    private Member[] _members = [];
    private int _memberCount, _scheduled, _reportedMembers;
    private readonly long _oldestAtClaim;
    private long _pushedUpTo, _reportedMessages, _reportedAnnounced, _typingSentAt, _pingedAt, _silenceCheckedAt, _activeAt, _emptySince;
    private readonly Func<long, bool> _isHeldSince;
    private long _seenAt;
    private bool _paused;
    private (ushort Code, string Reason, bool Reconnect)? _closed;
    private volatile bool _isClosed;

    /// <param name="record">The room as this host claimed it.</param>
    /// <param name="tail">The end of the log; null where the ring is the log.</param>
    /// <param name="log">The log; null where the ring is the log.</param>
    /// <param name="previousSeats">Who sat here before.</param>
    /// <param name="seats">Where is kept who sits here; null: nowhere.</param>
    /// <param name="options">The host's.</param>
    /// <param name="limits">The <c>limits</c> of the welcome, shared by all rooms.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isHeldSince">Whether the host's lease was held all the time since a timestamp: then the room is its own, if it was then.</param>
    /// <param name="seenAt">When the room was seen to be this host's: a timestamp from before it was asked for.</param>
    public Room(
        RoomRecord record, LogTail? tail, DurableLog? log, IReadOnlyList<RoomSeat> previousSeats, DurableSeats? seats,
            RoomHostOptions options, byte[] limits,
        TimeProvider time, Func<long, bool> isHeldSince, long seenAt)
    {
        (_isHeldSince, _seenAt) = (isHeldSince, seenAt);
        (Record, _log, _seats, Options, _limits, Time) = (record, log, seats, options, limits, time);
        _presence = new Presence(time, previousSeats);
        Ring = new FrameRing(options.RoomBufferBytes, log is null ? Math.Max(1, record.Options.History) : 0);
        _plainSubscribers = new RingSubscribers(Ring);
        _slowestPlain = () => SlowestCursor(_plainSubscribers);
        var said = new DedupeWindow(record.Options.History);
        foreach (var (written, seq) in tail?.MessageKeys ?? [])
        {
            if (MessageKey.Parse(written) is { } key)
                said.TryAdd(key, seq, out _);
        }
        foreach (var (seq, entry) in tail?.Page.Events ?? [])
        {
            if (MessageKey.Parse(entry.Key) is { } key)
                said.TryAdd(key, seq, out _);
            AppendEvent(entry.Event.Span, seq);
        }
        _oldestAtClaim = tail?.Page.Oldest ?? record.Seq + 1;
        _sequencer = new Sequencer(_inbox, log, time, record.Seq, record.Announced, said, Commit, AnswerDuplicate, OnAppended,
            _abandoned.Token);
        _activeAt = _emptySince = _pingedAt = _silenceCheckedAt = time.GetTimestamp();
        Schedule();
    }

    /// <summary>The room as it was claimed: its term and epoch are this host's for as long as it has the room.</summary>
    public RoomRecord Record { get; }

    public RoomHostOptions Options { get; }

    public TimeProvider Time { get; }

    public FrameRing Ring { get; }

    /// <summary>Decides which messages are traced.</summary>
    public MessageSampler Sampler { get; init; } = MessageSampler.Shared;

    /// <summary>For events that are written and sent at once. Only in the room's turn.</summary>
    public ArrayBufferWriter<byte> Scratch => _turnScratch ??= new ArrayBufferWriter<byte>(1024);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _turnScratch;

    /// <summary>Sequence of the log's newest event.</summary>
    public long Seq => _sequencer.Seq;

    /// <summary>Connections, including those that are being closed, and those that wait to come in.</summary>
    public int Connections => Volatile.Read(ref _memberCount) + _heldArrivals.Count;

    /// <summary>Messages that this host has put into the log.</summary>
    public long Messages => _sequencer.Messages;

    /// <summary>Number of the newest announcement that it has had or is about to have.</summary>
    public long Announced => _sequencer.Announced;

    /// <summary>How long it has had no member; null while it has one.</summary>
    public TimeSpan? EmptyFor => Connections > 0 ? null : Time.GetElapsedTime(Volatile.Read(ref _emptySince));

    /// <summary>Has <paramref name="action"/> done in the room's turn.</summary>
    public void Post(Action action)
    {
        _inbox.Post(action);
        Schedule();
    }

    /// <summary>Takes something said into the batch that is filling; <see cref="Schedule"/> must follow. False: too much is waiting.</summary>
    public bool TryStage(in BatchItem item, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text, MessageTrace? trace = null) =>
        _inbox.TryStage(item, id, text, trace);

    /// <summary>Sees to it that there will be a turn.</summary>
    public void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Whether one more may join: there is room, or its session sits here already. Enter it then, soon.</summary>
    public Task<bool> TryAdmitAsync(string session)
    {
        if (Record.Options.MaxMembers == 0)
            return Task.FromResult(true);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => answer.SetResult(_presence.TryAdmit(session, Record.Options.MaxMembers)));
        return answer.Task;
    }

    /// <summary>Lets a connection join whose handshake is done.</summary>
    public void Enter(RoomConnection connection, JoinRequest join)
    {
        var member = new Member(this, connection, join);
        Post(() => JoinOrHold(member, connection));
    }

    /// <summary>Says something as a server-side sender. <paramref name="done"/> gets the sequence, or an error code, once it is known.</summary>
    public void Say(string user, string text, string id, Action<long, string?> done, MessageTrace? trace = null)
    {
        var escapedId = JsonText.Escape(id);
        var item = new BatchItem
        {
            Kind = BatchItemKind.Message,
            User = JsonText.Escape(user),
            // A session of its own that no member can have: those are without control characters.
            Key = MessageKey.Of(Encoding.UTF8.GetBytes($"\0{user}"), escapedId),
            OnLogged = done,
        };
        if (!_isClosed && IsOwned && TryStage(item, escapedId, JsonText.Escape(text), trace))
        {
            Schedule();
            return;
        }
        trace?.Fail(RoomErrorCodes.Unavailable);
        done(0, RoomErrorCodes.Unavailable);
    }

    /// <summary>Says an announcement, unless the room has had it.</summary>
    public void Announce(AnnouncementRecord announcement) => Post(() =>
    {
        if (_closed is not null || !announcement.IsFor(Record.Name) || !_sequencer.TryAcceptAnnouncement(announcement.Number))
            return;
        var trace = TraceContext.TryParse(announcement.Traceparent, out var parent) ? Sampler.StartTrace(Record.Name, parent) : null;
        var item = new BatchItem { Kind = BatchItemKind.Announcement, Announcement = announcement.Number };
        TryStage(item, default, JsonText.Escape(announcement.Text), trace);
    });

    /// <summary>Who is here, by name.</summary>
    public Task<(int Count, IReadOnlyList<string> Names)> MembersAsync()
    {
        var answer = new TaskCompletionSource<(int, IReadOnlyList<string>)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => answer.SetResult((_presence.Count, [.. _presence.Names.Order(StringComparer.Ordinal)])));
        return answer.Task;
    }

    /// <summary>Events of a log that is the ring, newest last: those before <paramref name="before"/>, at most <paramref name="limit"/>.</summary>
    public Task<(long Oldest, IReadOnlyList<JsonElement> Events)> HistoryAsync(long? before, int limit)
    {
        var answer = new TaskCompletionSource<(long, IReadOnlyList<JsonElement>)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            var last = Math.Min(before - 1 ?? Seq, Seq);
            var events = new List<JsonElement>();
            for (var seq = Math.Max(Oldest, last - limit + 1); seq <= last; seq++)
            {
                if (Ring.Json(seq) is { } json)
                    events.Add(JsonSerializer.Deserialize<JsonElement>(json));
            }
            answer.SetResult((Oldest, events));
        });
        return answer.Task;
    }

    /// <summary>What changed since the last report, or null: members, and what the log counts itself where it is in Redis.</summary>
    public (int Members, long? Messages, long? Announced)? TakeReport()
    {
        var members = _presence.Count;
        var (messages, announced) = _log is null ? (Messages, Announced) : (0, 0);
        if (members == _reportedMembers && messages == _reportedMessages && announced == _reportedAnnounced)
            return null;
        (_reportedMembers, _reportedMessages, _reportedAnnounced) = (members, messages, announced);
        return _log is null ? (members, messages, announced) : (members, null, null);
    }

    /// <summary>The report that was taken did not arrive: there is another, whether or not something changes.</summary>
    public void RepeatReport() => _reportedMembers = -1;

    // ---- the turn

    void IThreadPoolWorkItem.Execute()
    {
        RunTurn();
        // Cleared before looking: what is added after the look schedules by itself.
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (_inbox.HasWork(batches: !_isClosed && !_sequencer.IsAppending && CanWrite))
            Schedule();
    }

    private void RunTurn()
    {
        foreach (var action in _inbox.TakeActions())
            action();
        if (_closed is null && CanWrite)
            _sequencer.SequenceNextBatch();
        RunDueWork();
        // :: Step 4: every member gets what is new to it.
        PushAll();
        SaveSeats();
        ReleaseBuffersIfQuiet();
        SetTimer();
    }

    private void PushAll()
    {
        var pending = Ring.Head - _pushedUpTo;
        _pushedUpTo = Ring.Head;
        if (_unsentTraces.Count > 0)
            PushTracedMessages();
        // An echo is an acknowledgement, which somebody waits for. Where much is pending, who speaks waits with the others: served first, the
        // fastest would soon have said more than the others can take.
        if (pending < RingSubscribers.EchoFirstMaxBytes)
        {
            foreach (var speaker in _senders)
                speaker.Push();
        }
        _senders.Clear();
        // Backwards: who follows from now on is replaced by one that had its turn.
        for (var i = _individuallyServed.Count - 1; i >= 0; i--)
            _individuallyServed[i].Push();
        _plainSubscribers.Push();
        _deflatedSubscribers?.Push();
    }

    private void Commit(Batch batch, int index)
    {
        // :: Step 3, its end: the log holds it, so it may be seen.
        ref readonly var e = ref batch.EncodedEvents[index];
        AppendEvent(batch.Json(e), e.Seq);
        if (index == 0)
        {
            _activeAt = Time.GetTimestamp();
            QueueTraces(batch);
        }
        if (batch.ItemOf(e).Sender is { } sender)
        {
            _senders.Add(sender);
            if (_typing.Count > 0 && sender.Seat is { } seat)
                _typing.Remove(seat.Name);
        }
        // A batch may be larger than the ring; so it does not overtake those who keep up either.
        if (Ring.Head - _pushedUpTo > RingSubscribers.MaxPushBytes)
            PushAll();
    }

    private void AnswerDuplicate(Batch batch, BatchItem item, long seq)
    {
        item.OnLogged?.Invoke(seq, null);
        if (item.Sender is not { Seat: { } seat } sender)
            return;
        // The log may have forgotten the event: then its sender gets its words back, in their place.
        var id = batch.Id(item);
        var text = batch.Text(item);
        Span<byte> time = stackalloc byte[EventJson.TimeBytes];
        EventJson.WriteTime(time, Time.GetUtcNow());
        var anew = new byte[EventJson.MaxMessageOverheadBytes + seat.EscapedName.Length + id.Length + text.Length];
        sender.Resend(seq, anew.AsMemory(0, EventJson.WriteMessage(anew, seq, time, seat.EscapedName, id, text)));
    }

    private void OnAppended(Task<AppendResult> append) => Post(() =>
    {
        if (!_sequencer.CompleteAppend(append))
            OnAppendFailed(append);
    });
}
