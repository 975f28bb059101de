namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Receives what a peer sends after the handshake. One thread at a time calls it, in the order of the bytes; a call
/// that blocks holds up this peer alone but takes a thread from all, so it must not. Spans live only during the call.
/// </summary>
public interface IFrameHandler
{
    /// <summary>A whole text message: fragments joined, valid UTF-8, at most the reader's limit of bytes.</summary>
    void OnText(ReadOnlySpan<byte> utf8);

    /// <summary>A ping. The handler answers it with a pong of the same payload (at most 125 bytes).</summary>
    void OnPing(ReadOnlySpan<byte> payload);

    /// <summary>A pong: the peer lives.</summary>
    void OnPong();

    /// <summary>A valid Close frame; 1005 when it carried no code. Nothing that follows it is parsed.</summary>
    void OnClose(ushort code);

    /// <summary>
    /// The peer broke the protocol. The handler sends a Close frame with this code and closes the connection; nothing
    /// that follows is parsed, only discarded.
    /// </summary>
    /// <param name="code">1002 protocol error, 1003 binary frame, 1007 bad UTF-8, 1009 over the limit.</param>
    /// <param name="reason">English, short enough for a Close frame.</param>
    void OnViolation(ushort code, string reason);

    /// <summary>Everything that one read of the socket brought has been delivered: the moment to flush what it caused.</summary>
    void OnReceived();

    /// <summary>The connection is gone. Called exactly once, after everything else. The handler disposes the connection when it sends nothing more.</summary>
    void OnEnd();
}
