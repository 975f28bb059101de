namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Receives the frames of a client after the handshake. One thread at a time calls it, in the order of the bytes. A call must not block: it
/// would keep a thread of the pool. Spans are valid only during the call.
/// </summary>
public interface IFrameHandler
{
    /// <summary>A complete text message: fragments joined, valid UTF-8, at most the reader's limit.</summary>
    void OnText(ReadOnlySpan<byte> utf8);

    /// <summary>A complete binary message; only from a relay or a server.</summary>
    void OnBinary(ReadOnlySpan<byte> bytes);

    /// <summary>A ping. The handler answers it with a pong of the same payload (at most 125 bytes).</summary>
    void OnPing(ReadOnlySpan<byte> payload);

    /// <summary>A pong.</summary>
    void OnPong();

    /// <summary>A valid Close frame; 1005 if it has no code. Nothing after it is parsed.</summary>
    void OnClose(ushort code, ReadOnlySpan<byte> reason);

    /// <summary>
    /// A violation of the protocol. The handler sends a Close frame with this code and closes the connection. Later bytes are read and
    /// discarded.
    /// </summary>
    /// <param name="code">1002 protocol error, 1003 binary frame, 1007 bad UTF-8, 1009 over the limit.</param>
    /// <param name="reason">English, short enough for a Close frame.</param>
    void OnViolation(ushort code, string reason);

    /// <summary>All frames of one read of the socket were delivered.</summary>
    void OnReceived();

    /// <summary>The connection is gone. Called exactly once, as the last call. The handler then disposes the connection.</summary>
    void OnEnd();
}
