namespace ChatServer.Cli.Sockets;

/// <summary>Handles the frames of a room. Calls for one connection never overlap.</summary>
internal interface IRoomSocketHandler
{
    /// <summary>A text frame arrived. The span is valid during the call only.</summary>
    void OnText(ReadOnlySpan<byte> text);

    /// <summary>All received frames are handled: the handler can send.</summary>
    void OnIdle();

    /// <summary>The connection ended, but not by <see cref="RoomSocket.Dispose"/>. Called once.</summary>
    /// <param name="code">The server's close code; 1006 without one.</param>
    /// <param name="why">The reason, in words.</param>
    void OnClosed(int code, string why);
}
