namespace ChatServer.Broadcast.Members;

/// <summary>Sends to one member of a room. Only turns call it, except for <see cref="IsClosing"/>.</summary>
internal interface IMemberSender
{
    /// <summary>Whether it is being closed. May be read on any thread.</summary>
    bool IsClosing { get; }

    /// <summary>Whether its close began or its connection is gone: nothing more is sent to it.</summary>
    bool HasEnded { get; }

    /// <summary>Its missed events; null once it follows the ring.</summary>
    ICatchUp? CatchUp { get; }

    /// <summary>Bytes that wait in the outbox.</summary>
    int OutboxLength { get; }

    /// <summary>Starts to send: <paramref name="first"/>, then the missed events, then the ring.</summary>
    /// <param name="first">A text frame's JSON; empty for none.</param>
    /// <param name="catchUp">Gives the missed events.</param>
    void Start(ReadOnlySpan<byte> first, ICatchUp catchUp);

    /// <summary>Sends a text frame to this member only, after everything that is in its ring now.</summary>
    void Send(ReadOnlySpan<byte> json);

    /// <summary>Sends finished frames to this member only, after everything that is in its ring now.</summary>
    void SendFrames(ReadOnlySpan<byte> frames);

    /// <summary>
    /// Sends an event to this member only if the plain ring holds it; else returns false. Also before <see cref="Start"/> ends.
    /// </summary>
    bool TrySendFromRing(long seq);

    /// <summary>
    /// Whether the member gets the event from its ring without further action: the event is in the ring, after the member's cursor.
    /// </summary>
    bool WillSendFromRing(long seq);

    /// <summary>Closes the member after everything that is in its ring now: a <c>closing</c> event, a Close frame, the end.</summary>
    void Close(ushort code, string reason, bool reconnect);

    /// <summary>Closes the member without the bytes of the ring that it did not get yet.</summary>
    void CloseNow(ushort code, string reason, bool reconnect = false);

    /// <summary>The member's frame <paramref name="frame"/> was carried out or refused, and its answer is on its way.</summary>
    void Acknowledge(uint frame);

    /// <summary>Ends the connection without a Close frame.</summary>
    void Abort();

    /// <summary>Sends what the socket takes: the outbox, missed events, the ring, the closing frames.</summary>
    void Push();
}
