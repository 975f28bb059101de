namespace ChatServer.Broadcast.Members;

/// <summary>Gives one member the events that it missed, before it follows the ring. Only turns call it.</summary>
internal interface ICatchUp
{
    /// <summary>Adds missed events to the outbox of <paramref name="member"/>.</summary>
    CatchUpResult Continue(IMemberSender member);
}

internal enum CatchUpResult
{
    /// <summary>The outbox has some; call again when they are sent.</summary>
    Added,

    /// <summary>More events are being read. The catch-up calls <see cref="IMemberSender.Push"/> when it has them.</summary>
    Waiting,

    /// <summary>No event is missing up to the ring's head.</summary>
    Complete,
}
