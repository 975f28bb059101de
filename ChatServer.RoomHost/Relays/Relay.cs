using System.Collections.Concurrent;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>Receives finished frames.</summary>
internal delegate void RelayFrames(ReadOnlySpan<byte> frames);

/// <summary>
/// A load balancer's connection to the room: carries the frames of all members that the load balancer holds. To the room's broadcaster it
/// is one recipient.
/// </summary>
/// <remarks>The frames are handled on the thread that reads the connection; all other methods are called in turns.</remarks>
internal sealed class Relay : IFrameHandler
{
    // Bytes in the relay's outbox above which no join is accepted and no page of missed events is sent.
    private const int BusyOutboxBytes = 256 * 1024;

    private readonly Room _room;
    private readonly Func<RelayJoin, Task<RelayAdmission>> _admit;
    private readonly RelayWriter _writer = new(isMasked: false);
    private readonly ConcurrentDictionary<uint, Member> _members = new(); // added to and removed from in turns
    private readonly List<(RelayMember Member, AdmittedJoin Join)> _attaching = [];
    private readonly Queue<(uint Number, RelayAdmission Admission)> _joins = [];
    private readonly List<(uint Member, uint Frame)> _acks = [];
    private List<RelayedSender> _dirty = [];
    private List<RelayedSender> _flushing = [];
    private MemberOutbox _deferred; // decided while the load balancer gets the events after its position
    private Func<byte[]>? _presence; // the event with all names, due after these
    private bool _isAttached;
    private string? _violation;

    /// <param name="room">The room.</param>
    /// <param name="connection">The connection, detached.</param>
    /// <param name="admit">Answers the handshake of a member. Called on any thread.</param>
    public Relay(Room room, RoomConnection connection, Func<RelayJoin, Task<RelayAdmission>> admit)
    {
        (_room, _admit) = (room, admit);
        Sender = new MemberSender(connection, room.Broadcaster)
        {
            MaxOutboxBytes = room.Options.RoomBufferBytes,
            ClosingFrames = static (code, reason, _) => FrameWriter.Close(code, reason),
            SilenceTimeout = RelayProtocol.SilenceTimeout,
            KeepsOrder = true,
            IsRelay = true,
        };
        _ = AbortUnlessAttachedAsync();
    }

    /// <summary>Sends to the load balancer.</summary>
    public MemberSender Sender { get; }

    /// <summary>Identifies the load balancer; set when it is attached.</summary>
    public string LoadBalancer { get; set; } = "";

    /// <summary>Whether joins or missed events wait, and the relay has space for them.</summary>
    public bool HasWork => (_joins.Count > 0 || _dirty.Count > 0) && IsIdle;

    private bool IsIdle => Sender is { CatchUp: null, HasEnded: false, OutboxLength: < BusyOutboxBytes };

    // ---- frames of the load balancer

    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8) => Violate("A load balancer sends no text messages.");

    void IFrameHandler.OnBinary(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Handle(new RelayReader(bytes));
        }
        catch (FormatException e)
        {
            Violate(e.Message);
        }
    }

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload)
    {
        var pong = FrameWriter.Pong(payload);
        _room.Post(() =>
        {
            // Not deferred: the load balancer would find the room silent.
            if (_isAttached)
                Sender.SendFrames(pong);
        });
    }

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code, ReadOnlySpan<byte> reason) => _room.Post(Sender.Abort);

    void IFrameHandler.OnViolation(ushort code, string reason) => Violate(reason);

    void IFrameHandler.OnReceived() => _room.Schedule();

    void IFrameHandler.OnEnd() => _room.Post(() => _room.Relays.End(this));

    private void Handle(RelayReader message)
    {
        switch (message.Type())
        {
            case RelayMessage.Attach:
                OnAttach(message.RestAsJson<RelayAttach>());
                break;
            case RelayMessage.Join:
                _ = AdmitAsync(message.Number(), message.RestAsJson<RelayJoin>());
                break;
            case RelayMessage.Text:
                var sender = message.Number();
                var frame = message.Number();
                var isResent = message.Flag();
                if (_members.TryGetValue(sender, out var member))
                    member.OnRelayedText(frame, isResent, message.Rest);
                break;
            case RelayMessage.Ping:
                var pinging = message.Number();
                var ping = message.Number();
                if (_members.TryGetValue(pinging, out var pinger))
                    pinger.OnRelayedPing(ping, message.Rest);
                break;
            case RelayMessage.NextPage:
                var reader = message.Number();
                _room.Post(() => FindSender(reader)?.OnNextPage());
                break;
            case RelayMessage.Left:
                var left = message.Number();
                _room.Post(() => OnLeft(left));
                break;
            default:
                throw new FormatException("The type of the relay message is unknown.");
        }
    }

    private void OnAttach(RelayAttach part)
    {
        foreach (var member in part.Members)
            _attaching.Add((member, RelayedMemberState.Parse(member.State).ToJoin()));
        if (!part.IsLast)
            return;
        (RelayMember, AdmittedJoin)[] members = [.. _attaching];
        _attaching.Clear();
        _room.Post(() => _room.Relays.Attach(this, part, members));
    }

    private async Task AdmitAsync(uint number, RelayJoin join)
    {
        var admission = await _admit(join);
        _room.Post(() =>
        {
            if (admission.Refused is { } refused)
                Send(writer => writer.Refused(number, refused));
            else
                _joins.Enqueue((number, admission));
        });
    }

    private void Violate(string reason)
    {
        if (Interlocked.CompareExchange(ref _violation, reason, null) is null)
        {
            _room.Post(() =>
            {
                if (_isAttached)
                    Sender.CloseNow(CloseCodes.ProtocolError, reason);
                else
                    Sender.Abort();
            });
        }
    }

    private async Task AbortUnlessAttachedAsync()
    {
        await Task.Delay(RelayProtocol.SilenceTimeout, _room.Time);
        _room.Post(() =>
        {
            if (!_isAttached)
                Sender.Abort();
        });
    }

    // ---- in turns

    /// <summary>
    /// Begins to send: the answer to the attach, then the events after the load balancer's position, then the broadcasts.
    /// </summary>
    /// <param name="attached">The answer to the attach.</param>
    /// <param name="events">The events after the load balancer's position.</param>
    /// <param name="presence">Encodes a <c>presence</c> with all names, to be sent after these events; null for none.</param>
    public void Start(RelayAttached attached, CatchUp events, Func<byte[]>? presence)
    {
        (_isAttached, _presence) = (true, presence);
        Sender.Start(default, new RelayCatchUp(events, TakeDeferred));
        Sender.SendFrames(_writer.Attached(attached));
    }

    /// <summary>Seats a member that has joined before. It is closed if a newer connection has its seat.</summary>
    public void Restore(RelayMember relayed, AdmittedJoin join, RoomMembers members, RoomHistory history)
    {
        var sender = new RelayedSender(this, _room.Broadcaster, relayed.Number);
        // An earlier host has told it that it is muted, if it is.
        var member = new Member(_room, sender, join) { JoinNumber = relayed.JoinNumber, IsMuteReported = true };
        if (!members.TryEnterRelayed(member, isNew: false))
        {
            sender.Close(CloseCodes.Replaced, "replaced", reconnect: false);
            return;
        }
        _members[relayed.Number] = member;
        if (relayed.After is { } after)
            sender.Start(new CatchUp(history, after, gapless: true), relayed.HasPage);
    }

    /// <summary>Accepts joins while the relay has space.</summary>
    public void AcceptJoins(RoomMembers members)
    {
        while (IsIdle && _joins.TryDequeue(out var join))
            Accept(join.Number, join.Admission, members);
    }

    /// <summary>Gives the ring's bytes and then the answers, pages and acknowledgements to the connection.</summary>
    public void Flush()
    {
        (_dirty, _flushing) = (_flushing, _dirty);
        foreach (var sender in _flushing)
        {
            if (!sender.Flush(mayCatchUp: IsIdle))
                _dirty.Add(sender);
        }
        _flushing.Clear();
        if (_acks.Count == 0)
            return;
        Send(writer => writer.Acks(_acks));
        _acks.Clear();
    }

    /// <summary>Sends a message.</summary>
    public void Send(WriteRelayMessage write) => SendFrames(write(_writer));

    /// <summary>Sends frames to one member.</summary>
    public void SendUnicast(uint member, long after, bool expectsNextPage, ReadOnlySpan<byte> frames) =>
        SendFrames(_writer.Unicast(member, after, expectsNextPage, frames));

    /// <summary>Acknowledges a frame of a member, after its answer.</summary>
    public void Acknowledge(uint member, uint frame) => _acks.Add((member, frame));

    /// <summary>Sends what <paramref name="sender"/> has in the next <see cref="Flush"/>.</summary>
    public void MarkDirty(RelayedSender sender) => _dirty.Add(sender);

    /// <summary>The connection is gone.</summary>
    public void LoseMembers()
    {
        foreach (var member in _members.Values)
            Lose(member);
        _members.Clear();
        _joins.Clear();
        _dirty.Clear();
        _deferred.Clear();
    }

    private void Accept(uint number, RelayAdmission admission, RoomMembers members)
    {
        var sender = new RelayedSender(this, _room.Broadcaster, number);
        var member = new Member(_room, sender, admission.Join!) { JoinNumber = members.NextJoinNumber() };
        _members[number] = member;
        members.TryEnterRelayed(member, isNew: true);
        var accepted = new RelayAccepted(
            admission.Headers, RelayedMemberState.Of(member).ToString(), member.JoinNumber,
            ((CatchUp)sender.CatchUp!).NextSeq - 1);
        sender.TakeFirstFrames(frames => SendFrames(_writer.Accepted(number, accepted, frames)));
    }

    private void OnLeft(uint number)
    {
        if (_members.TryRemove(number, out var member))
            Lose(member);
    }

    private void Lose(Member member)
    {
        ((RelayedSender)member.Sender).OnGone();
        _room.Leave(member);
    }

    private RelayedSender? FindSender(uint number) => _members.TryGetValue(number, out var member) ? (RelayedSender)member.Sender : null;

    private void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (Sender.CatchUp is null)
            Sender.SendFrames(frames);
        else
            _deferred.Add(frames);
    }

    private byte[] TakeDeferred()
    {
        // Now, not at the attach: changes since then were sent directly.
        if (_presence is { } presence)
            _deferred.AddText(presence());
        _presence = null;
        var deferred = _deferred.Bytes.ToArray();
        _deferred.Clear();
        return deferred;
    }
}
