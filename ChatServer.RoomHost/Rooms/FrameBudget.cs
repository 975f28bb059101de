namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// What one connection may send: messages, other frames, bytes, and frames that are refused. Only the thread that reads the connection
/// uses it.
/// </summary>
internal sealed class FrameBudget(RoomHostOptions options, TimeProvider time)
{
    /// <summary>Errors in a row after which the connection is closed.</summary>
    public const int MaxErrorsInARow = 20;

    // Other frames cost less than messages: they have this multiple of the rate.
    private const int ControlFramesPerMessage = 5;

    // A refused frame costs one control frame for each of these bytes: it must not be cheaper than messages of its size.
    private const double BytesPerControlFrame = 4096;

    private TokenBucket _messages = new(options.MessagesPerSecond, options.MessageBurst);
    private TokenBucket _controlFrames = new(
        options.MessagesPerSecond * ControlFramesPerMessage,
        Math.Max(options.MessageBurst, options.MessagesPerSecond * ControlFramesPerMessage));
    private TokenBucket _bytes = new(options.BytesPerSecond, ByteBurst(options));
    private int _errorsInARow;

    /// <summary>Takes the cost of a message; false if a rate is exceeded.</summary>
    public bool TryTakeMessage(int frameBytes) => _bytes.TryTake(time, frameBytes) && _messages.TryTake(time);

    /// <summary>Time until <see cref="TryTakeMessage"/> can succeed.</summary>
    public TimeSpan TimeUntil(int frameBytes) =>
        _bytes.TimeUntil(frameBytes) is var bytes && _messages.TimeUntil() is var message && bytes > message ? bytes : message;

    /// <summary>Takes the cost of any other frame, such as a typing or a ping; false if a rate is exceeded: the connection is closed.</summary>
    public bool TryTakeControlFrame(int frameBytes) => _bytes.TryTake(time, frameBytes) && _controlFrames.TryTake(time);

    /// <summary>A frame was carried out.</summary>
    public void OnAccepted() => _errorsInARow = 0;

    /// <summary>
    /// Takes the cost of a frame that was refused because of its client. Returns the reason to close the connection, or null.
    /// </summary>
    public string? TakeRefusal(int frameBytes)
    {
        if (++_errorsInARow >= MaxErrorsInARow)
            return $"{MaxErrorsInARow} errors in a row";
        return _controlFrames.TryTake(time, Math.Max(1, frameBytes / BytesPerControlFrame)) ? null : "flood";
    }

    private static int ByteBurst(RoomHostOptions options)
    {
        var seconds = options.MessagesPerSecond == 0 ? 1 : options.MessageBurst / (double)options.MessagesPerSecond;
        return Math.Max(options.MaxFrameBytes, (int)Math.Min(int.MaxValue, options.BytesPerSecond * seconds));
    }
}
