namespace ChatServer.Bench.Sockets;

/// <summary>What is done with what a room says. Calls for one connection never overlap.</summary>
internal interface IRoomSocketHandler
{
    /// <summary>A text frame. The span is the receive buffer's: it is gone after the call.</summary>
    void OnText(ReadOnlySpan<byte> text);

    /// <summary>All that had arrived is handled: the moment to answer.</summary>
    void OnIdle();

    /// <summary>The connection ended, once, and not by us.</summary>
    /// <param name="code">The server's close code; 1006 when it sent none.</param>
    /// <param name="why">For a person.</param>
    void OnClosed(int code, string why);
}
