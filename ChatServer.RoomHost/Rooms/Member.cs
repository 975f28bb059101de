using System.Buffers;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Members;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A connection that joined a room: handles the frames that it sends. They are parsed and limited on the thread that reads the socket, and
/// then passed to the room's turn. <see cref="Sender"/> sends.
/// </summary>
internal sealed class Member : IFrameHandler
{
    private readonly Room _room;
    private readonly byte[] _messageScope;
    private readonly FrameBudget _budget;
    private readonly MemberAnswers _answers;
    private int _frameBytes; // of the frame that is being handled
    private uint _frame; // its number, if a load balancer holds the member
    private bool _isResent;
    private bool _flooded;
    private bool? _roomIsOwned; // valid for the frames of one read: the answer costs a read of the clock

    public Member(Room room, IMemberSender sender, AdmittedJoin join)
    {
        (_room, Sender, Join, _messageScope) = (room, sender, join, join.Identity.MessageScope);
        _budget = new FrameBudget(room.Options, room.Time);
        _answers = new MemberAnswers(room, this);
    }

    public AdmittedJoin Join { get; set; } // changed in the room's turn, when a token is renewed

    /// <summary>Sends to the member. Only in the room's turn.</summary>
    public IMemberSender Sender { get; }

    /// <summary>The member's seat; null until it has joined, and if it was refused. Set before its first message is sequenced.</summary>
    public Seat? Seat { get; set; }

    /// <summary>Whether the member was told that it is muted. Only in the room's turn.</summary>
    public bool IsMuteReported { get; set; }

    /// <summary>Increases with every join of the room: of two connections of a session, the one with the higher number stays.</summary>
    public long JoinNumber { get; init; }

    // :: Step 2: a text frame is parsed in place.
    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8)
    {
        if (Sender.IsClosing || _flooded)
            return;
        _frameBytes = utf8.Length;
        if (!utf8.Contains((byte)'\\'))
        {
            Handle(ClientFrame.Parse(utf8, default, _room.Options.MaxTextLength), utf8);
            return;
        }
        var scratch = ArrayPool<byte>.Shared.Rent(ClientFrame.ScratchBytes(utf8.Length));
        Handle(ClientFrame.Parse(utf8, scratch, _room.Options.MaxTextLength), utf8);
        ArrayPool<byte>.Shared.Return(scratch);
    }

    void IFrameHandler.OnBinary(ReadOnlySpan<byte> bytes) => throw new NotSupportedException("The reader refuses binary frames.");

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload)
    {
        _frameBytes = payload.Length;
        if (TryAcceptControlFrame())
            _answers.SendFrames(_frame, FrameWriter.Pong(payload));
    }

    void IFrameHandler.OnPong() => TryAcceptControlFrame();

    void IFrameHandler.OnClose(ushort code, ReadOnlySpan<byte> reason) =>
        _room.Post(() => (Sender as MemberSender)?.AnswerClose(code is ClosePayload.NoStatusCode ? CloseCodes.Normal : code));

    void IFrameHandler.OnViolation(ushort code, string reason) => _room.Post(() => Sender.CloseNow(code, reason));

    void IFrameHandler.OnReceived()
    {
        _roomIsOwned = null;
        _room.Schedule();
    }

    void IFrameHandler.OnEnd() => _room.Post(() => _room.Leave(this));

    /// <summary>A text frame that a load balancer received from the member.</summary>
    public void OnRelayedText(uint frame, bool isResent, ReadOnlySpan<byte> utf8)
    {
        (_frame, _isResent, _roomIsOwned) = (frame, isResent, null);
        ((IFrameHandler)this).OnText(utf8);
    }

    /// <summary>A ping that a load balancer received from the member.</summary>
    public void OnRelayedPing(uint frame, ReadOnlySpan<byte> payload)
    {
        _frame = frame;
        ((IFrameHandler)this).OnPing(payload);
    }

    private void Handle(in ClientFrame frame, ReadOnlySpan<byte> utf8)
    {
        switch (frame.Kind)
        {
            case ClientFrameKind.Message:
                StageMessage(frame);
                break;
            case ClientFrameKind.Typing when TryAcceptControlFrame():
                _budget.OnAccepted();
                _answers.MarkTyping(_frame);
                break;
            case ClientFrameKind.Ping when TryAcceptControlFrame():
                _budget.OnAccepted();
                _answers.Send(_frame, frame.Id, EventJson.Pong);
                break;
            case ClientFrameKind.Token when TryAcceptControlFrame():
                _answers.RenewToken(_frame, frame.Id, frame.Token);
                break;
            case ClientFrameKind.Command when TryAcceptControlFrame():
                Execute(frame, utf8);
                break;
            case ClientFrameKind.Invalid:
                Refuse(frame.Error, frame.Detail, frame.Id);
                break;
        }
    }

    // :: Step 2: rate and key of the message, then into the batch that is filling.
    private void StageMessage(in ClientFrame frame)
    {
        if (!_isResent && !_budget.TryTakeMessage(_frameBytes))
        {
            Refuse(RoomErrorCodes.RateLimited, "Too many messages or bytes at once.", frame.Id, retryAfter: _budget.TimeUntil(_frameBytes));
            return;
        }
        var item = new BatchItem
        {
            Kind = BatchItemKind.Message,
            Sender = this,
            Key = MessageKey.Of(_messageScope, frame.Id),
            Frame = _frame,
            IsResent = _isResent,
        };
        var trace = _room.Sampler.Sample(_room.Record.Name, frame.Traceparent);
        if ((_roomIsOwned ??= _room.IsOwned) && _room.TryStage(item, frame.Id, frame.Text, trace))
        {
            _budget.OnAccepted();
            return;
        }
        trace?.Fail(RoomErrorCodes.Unavailable);
        Refuse(RoomErrorCodes.Unavailable, "The room cannot keep messages right now; try again.", frame.Id, isClientError: false);
    }

    private void Refuse(string code, string message, ReadOnlySpan<byte> escapedId, bool isClientError = true, TimeSpan? retryAfter = null)
    {
        RoomMetrics.Refused.Add(code);
        _answers.Send(_frame, escapedId, id => EventJson.Error(code, message, id, retryAfter));
        if (isClientError && _budget.TakeRefusal(_frameBytes) is { } reason)
            CloseForFlooding(reason);
    }

    private void Execute(in ClientFrame frame, ReadOnlySpan<byte> utf8)
    {
        if (MemberCommand.Parse(utf8, out var error) is not { } command)
            Refuse(RoomErrorCodes.InvalidMessage, error, frame.Id);
        else if (!command.IsForEveryone && !Join.Identity.Permissions.HasFlag(Permissions.Moderate))
            Refuse(RoomErrorCodes.Forbidden, "Moderation requires a token with the permission moderate.", frame.Id);
        else if (!_answers.TryExecute(_frame, command))
            Refuse(RoomErrorCodes.Unavailable, "Too many of your commands are pending; try again.", frame.Id, isClientError: false);
        else
            _budget.OnAccepted();
    }

    private bool TryAcceptControlFrame()
    {
        if (_flooded || Sender.IsClosing)
            return false;
        if (_budget.TryTakeControlFrame(_frameBytes))
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
