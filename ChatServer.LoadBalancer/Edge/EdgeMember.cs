using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// A member of a room that this load balancer holds. Its frames go to the room's host, which decides about them; the broadcasts come from
/// the load balancer's ring.
/// </summary>
/// <param name="number">Identifies the member in the relay.</param>
/// <param name="connection">Its connection.</param>
/// <param name="sender">Sends to it. Only in the room's turn.</param>
internal sealed class EdgeMember(uint number, RoomConnection connection, MemberSender sender) : IFrameHandler, ICatchUp
{
    private bool _nextPageIsDue; // it has not taken its last page of missed events yet

    /// <summary>Identifies the member in the relay.</summary>
    public uint Number => number;

    public RoomConnection Connection => connection;

    /// <summary>Sends to the member. Only in the room's turn.</summary>
    public MemberSender Sender => sender;

    /// <summary>Frames that the room has not answered yet.</summary>
    public UnacknowledgedFrames Frames { get; } = new(number);

    /// <summary>What the host needs to seat the member again.</summary>
    public required string State { private get; set; }

    /// <summary>The number of its join.</summary>
    public required long JoinNumber { private get; init; }

    /// <summary>Sequence of the last missed event that it was given; null once it follows the ring.</summary>
    public required long? After { private get; set; }

    /// <summary>The turns of the room.</summary>
    public required TurnQueue Turns { private get; init; }

    /// <summary>The room's host.</summary>
    public required HostLink Host { private get; init; }

    /// <summary>Sends <see cref="Frames"/> to the host.</summary>
    public required MemberFrameQueue FrameQueue { private get; init; }

    /// <summary>Called in a turn when the connection is gone.</summary>
    public required Action<EdgeMember> OnGone { private get; init; }

    /// <summary>The connection is detached: the member is sent to, and its frames are read. May be called on any thread.</summary>
    public void Enter() => Turns.Post(() =>
    {
        sender.IsHeld = false;
        connection.Start(this);
        sender.Push();
    });

    /// <summary>The connection is gone, or was not detached. May be called on any thread.</summary>
    public void Leave() => Turns.Post(() => OnGone(this));

    /// <summary>The member as the next host of the room needs to know it.</summary>
    public RelayMember ToRelayMember() => new(number, State, JoinNumber, After, _nextPageIsDue);

    /// <summary>Sends frames of the host for this member only.</summary>
    /// <param name="after">Sequence of the last missed event among them and before; 0 if they are no missed events.</param>
    /// <param name="expectsNextPage">Whether the host waits until the member has taken them.</param>
    /// <param name="frames">The frames.</param>
    public void SendUnicast(long after, bool expectsNextPage, ReadOnlySpan<byte> frames)
    {
        if (After is not null && after > 0)
            After = after;
        _nextPageIsDue |= expectsNextPage;
        sender.SendFrames(frames);
    }

    /// <summary>The host has changed what it needs to seat the member again.</summary>
    public void ReplaceState(string state) => State = state;

    /// <summary>The member misses no event any more.</summary>
    public void Follow()
    {
        After = null;
        sender.Follow();
    }

    /// <summary>The host has answered a frame.</summary>
    public void Acknowledge(uint frame)
    {
        Frames.Acknowledge(frame);
        ResumeReceiving();
    }

    /// <summary>The host is lost: frames that must not be sent again are refused.</summary>
    public void OnHostLost(bool hostFailed)
    {
        foreach (var id in Frames.OnRelayLost(hostFailed))
            sender.Send(EdgeErrors.Unavailable(id));
        ResumeReceiving();
    }

    // Called when everything that was sent to the member so far is with the kernel.
    CatchUpResult ICatchUp.Continue(IMemberSender member)
    {
        if (_nextPageIsDue)
        {
            _nextPageIsDue = false;
            if (Host.IsAttached)
                Host.Send(writer => writer.NextPage(number));
        }
        return CatchUpResult.Waiting;
    }

    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8) => AddFrame(isPing: false, utf8);

    void IFrameHandler.OnBinary(ReadOnlySpan<byte> bytes) => throw new NotSupportedException("The reader refuses binary frames.");

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload) => AddFrame(isPing: true, payload);

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code, ReadOnlySpan<byte> reason) =>
        Turns.Post(() => sender.AnswerClose(code is ClosePayload.NoStatusCode ? CloseCodes.Normal : code));

    void IFrameHandler.OnViolation(ushort code, string reason) => Turns.Post(() => sender.CloseNow(code, reason));

    void IFrameHandler.OnReceived() => FrameQueue.Add(Frames);

    void IFrameHandler.OnEnd() => Leave();

    private void AddFrame(bool isPing, ReadOnlySpan<byte> bytes)
    {
        if (sender.IsClosing)
            return;
        Frames.Add(isPing, bytes);
        if (Frames.HasSpace)
            return;
        connection.PauseReceiving();
        ResumeReceiving(); // if frames were acknowledged meanwhile
    }

    private void ResumeReceiving()
    {
        if (Frames.HasSpace)
            connection.ResumeReceiving();
    }
}
