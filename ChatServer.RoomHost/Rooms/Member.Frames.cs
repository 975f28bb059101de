using System.Buffers;
using ChatServer.Broadcast.Frames;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a member says. Runs on the thread that reads its socket, beside the room's turn, and hands everything over to it.</summary>
internal sealed partial class Member : IFrameHandler
{
    /// <summary>Errors in a row after which the connection is closed: a client that does not learn.</summary>
    private const int MaxErrorsInARow = 20;

    private TokenBucket _messageBucket;
    private TokenBucket _controlFrameBucket;
    private int _errorsInARow;
    private bool _flooded;
    private bool? _roomIsOwned; // asked once for all that a read brought: the answer costs a look at the clock
    private long _receivedAt;

    private byte[] SessionBytes { get; }

    /// <summary>How long it has been silent.</summary>
    public TimeSpan SilentFor => _room.Time.GetElapsedTime(Volatile.Read(ref _receivedAt));

    // :: Step 1 of a message's way: a whole text frame, unmasked, valid UTF-8.
    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8)
    {
        if (_closing || _flooded)
            return;
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
        _room.Post(() => SendFrames(pong));
    }

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code) => _room.Post(() => AnswerClose(code is 1005 ? CloseCodes.Normal : code));

    void IFrameHandler.OnViolation(ushort code, string reason) => _room.Post(() => CloseNow(code, reason));

    void IFrameHandler.OnReceived()
    {
        _roomIsOwned = null;
        Volatile.Write(ref _receivedAt, _room.Time.GetTimestamp());
        _room.Schedule();
    }

    void IFrameHandler.OnEnd() => _room.Post(() => _room.Leave(this));

    private void Handle(in ClientFrame frame)
    {
        switch (frame.Kind)
        {
            case ClientFrameKind.Message:
                StageMessage(frame);
                break;
            case ClientFrameKind.Typing when TryAcceptControlFrame():
                _errorsInARow = 0;
                _room.Post(() => _room.MarkTyping(this));
                break;
            case ClientFrameKind.Ping when TryAcceptControlFrame():
                _errorsInARow = 0;
                var id = frame.Id.ToArray();
                _room.Post(() => Send(EventJson.Pong(_room.Scratch, id)));
                break;
            case ClientFrameKind.Invalid:
                Refuse(frame.Error, frame.Detail, frame.Id);
                break;
        }
    }

    // :: Step 2: rate, key, and into the batch that is filling.
    private void StageMessage(in ClientFrame frame)
    {
        if (!_messageBucket.TryTake(_room.Time))
        {
            Refuse(RoomErrorCodes.RateLimited, $"More than {_room.Options.MessagesPerSecond} messages a second.", frame.Id);
            return;
        }
        var item = new BatchItem { Kind = BatchItemKind.Message, Sender = this, Key = MessageKey.Of(SessionBytes, frame.Id) };
        var trace = _room.Sampler.Sample(_room.Record.Name, frame.Traceparent);
        if ((_roomIsOwned ??= _room.IsOwned) && _room.TryStage(item, frame.Id, frame.Text, trace))
        {
            _errorsInARow = 0;
            return;
        }
        trace?.Fail(RoomErrorCodes.Unavailable);
        Refuse(RoomErrorCodes.Unavailable, "The room cannot keep messages right now; try again.", frame.Id, counts: false);
    }

    private void Refuse(string code, string message, ReadOnlySpan<byte> escapedId, bool counts = true)
    {
        var id = escapedId.ToArray();
        _room.Post(() => Send(EventJson.Error(_room.Scratch, code, message, id)));
        if (counts && ++_errorsInARow >= MaxErrorsInARow)
            CloseForFlooding($"{MaxErrorsInARow} errors in a row");
    }

    // Frames that are not messages are cheap, but not free.
    private bool TryAcceptControlFrame()
    {
        if (_flooded || _closing)
            return false;
        if (_controlFrameBucket.TryTake(_room.Time))
            return true;
        CloseForFlooding("flood");
        return false;
    }

    private void CloseForFlooding(string reason)
    {
        _flooded = true;
        _room.Post(() => Close(CloseCodes.PolicyViolation, reason, reconnect: false));
    }
}
