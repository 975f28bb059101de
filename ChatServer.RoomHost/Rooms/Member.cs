using System.Buffers;
using System.Text;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Members;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A connection that joined a room: handles the frames that it sends. They are parsed and limited on the thread that reads the socket, and
/// then passed to the room's turn. <see cref="Sender"/> sends.
/// </summary>
internal sealed class Member : IFrameHandler
{
    private readonly Room _room;
    private readonly byte[] _session;
    private readonly FrameBudget _budget;
    private int _frameBytes; // of the frame that is being handled
    private bool _flooded;
    private bool? _roomIsOwned; // valid for the frames of one read: the answer costs a read of the clock

    public Member(Room room, RoomConnection connection, JoinRequest join)
    {
        (_room, Join) = (room, join);
        Sender = new MemberSender(connection, room.Broadcaster);
        _session = Encoding.UTF8.GetBytes(join.Session);
        _budget = new FrameBudget(room.Options, room.Time);
    }

    public JoinRequest Join { get; }

    /// <summary>Sends to the member. Only in the room's turn.</summary>
    public MemberSender Sender { get; }

    /// <summary>The member's seat; null until it has joined, and if it was refused. Set before its first message is sequenced.</summary>
    public Seat? Seat { get; set; }

    // :: Step 2: a text frame is parsed in place.
    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8)
    {
        if (Sender.IsClosing || _flooded)
            return;
        _frameBytes = utf8.Length;
        if (!utf8.Contains((byte)'\\'))
        {
            Handle(ClientFrame.Parse(utf8, default, _room.Options.MaxTextLength));
            return;
        }
        var scratch = ArrayPool<byte>.Shared.Rent(ClientFrame.ScratchBytes(utf8.Length));
        Handle(ClientFrame.Parse(utf8, scratch, _room.Options.MaxTextLength));
        ArrayPool<byte>.Shared.Return(scratch);
    }

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload)
    {
        if (!TryAcceptControlFrame())
            return;
        var pong = FrameWriter.Pong(payload);
        _room.Post(() => Sender.SendFrames(pong));
    }

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code) =>
        _room.Post(() => Sender.AnswerClose(code is ClosePayload.NoStatusCode ? CloseCodes.Normal : code));

    void IFrameHandler.OnViolation(ushort code, string reason) => _room.Post(() => Sender.CloseNow(code, reason));

    void IFrameHandler.OnReceived()
    {
        _roomIsOwned = null;
        _room.Schedule();
    }

    void IFrameHandler.OnEnd() => _room.Post(() => _room.Leave(this));

    /// <summary>
    /// Answers a message that was logged before with its event. An event that the member will still get by itself is not sent twice.
    /// </summary>
    /// <param name="seq">Sequence of the event.</param>
    /// <param name="event">The event as it would be now, if the log no longer has it.</param>
    public void Resend(long seq, ReadOnlyMemory<byte> @event)
    {
        if (Sender.HasEnded || (Sender.CatchUp is CatchUp catchUp ? seq >= catchUp.NextSeq : Sender.WillSendFromRing(seq)))
            return;
        if (Sender.TrySendFromRing(seq))
            return;
        _room.History.Read(seq - 1, 1, Sender, page =>
            Sender.Send(page is { Events: [var found, ..] } && found.Seq == seq ? found.Entry.Event.Span : @event.Span));
    }

    private void Handle(in ClientFrame frame)
    {
        switch (frame.Kind)
        {
            case ClientFrameKind.Message:
                StageMessage(frame);
                break;
            case ClientFrameKind.Typing when TryAcceptControlFrame():
                _budget.OnAccepted();
                _room.Post(() => _room.MarkTyping(this));
                break;
            case ClientFrameKind.Ping when TryAcceptControlFrame():
                _budget.OnAccepted();
                var id = frame.Id.ToArray();
                _room.Post(() => Sender.Send(EventJson.Pong(id)));
                break;
            case ClientFrameKind.Invalid:
                Refuse(frame.Error, frame.Detail, frame.Id);
                break;
        }
    }

    // :: Step 2: rate and key of the message, then into the batch that is filling.
    private void StageMessage(in ClientFrame frame)
    {
        if (!_budget.TryTakeMessage())
        {
            Refuse(RoomErrorCodes.RateLimited, $"More than {_room.Options.MessagesPerSecond} messages a second.", frame.Id);
            return;
        }
        var item = new BatchItem { Kind = BatchItemKind.Message, Sender = this, Key = MessageKey.Of(_session, frame.Id) };
        var trace = _room.Sampler.Sample(_room.Record.Name, frame.Traceparent);
        if ((_roomIsOwned ??= _room.IsOwned) && _room.TryStage(item, frame.Id, frame.Text, trace))
        {
            _budget.OnAccepted();
            return;
        }
        trace?.Fail(RoomErrorCodes.Unavailable);
        Refuse(RoomErrorCodes.Unavailable, "The room cannot keep messages right now; try again.", frame.Id, isClientError: false);
    }

    private void Refuse(string code, string message, ReadOnlySpan<byte> escapedId, bool isClientError = true)
    {
        var id = escapedId.ToArray();
        _room.Post(() => Sender.Send(EventJson.Error(code, message, id)));
        if (isClientError && _budget.TakeRefusal(_frameBytes) is { } reason)
            CloseForFlooding(reason);
    }

    private bool TryAcceptControlFrame()
    {
        if (_flooded || Sender.IsClosing)
            return false;
        if (_budget.TryTakeControlFrame())
            return true;
        CloseForFlooding("flood");
        return false;
    }

    private void CloseForFlooding(string reason)
    {
        _flooded = true;
        _room.Post(() => Sender.Close(CloseCodes.PolicyViolation, reason, reconnect: false));
    }
}
