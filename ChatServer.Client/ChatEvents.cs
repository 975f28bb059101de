namespace ChatServer.Client;

/// <summary>An event in a room, or of the connection to it.</summary>
public abstract record ChatEvent;

/// <summary>An event of the room's log. Each is delivered once and in the order of <paramref name="Seq"/>, across reconnects.</summary>
/// <param name="Epoch">Epoch of the log. Sequences of different epochs are not comparable.</param>
/// <param name="Seq">Sequence in the log; increases by one from event to event.</param>
public abstract record LoggedEvent(string Epoch, long Seq) : ChatEvent;

/// <summary>A message of a member, including this client.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Sequence in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="User">Name of the sender.</param>
/// <param name="Uid">
/// Identifies the sender: a name can pass to another person. Compare it with <see cref="ChatRoom.Uid"/> to recognize own messages. Empty in
/// logs of versions before 1.0.
/// </param>
/// <param name="Id">Id that the sender chose; unique in the sender's session.</param>
/// <param name="Text">The text.</param>
public sealed record Message(
    string Epoch, long Seq, DateTimeOffset Time, string User, string Uid, string Id, string Text) : LoggedEvent(Epoch, Seq);

/// <summary>An announcement of an operator.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Sequence in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="Text">The text.</param>
public sealed record Announcement(string Epoch, long Seq, DateTimeOffset Time, string Text) : LoggedEvent(Epoch, Seq);

/// <summary>A message was deleted from the history.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Sequence of this event in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="Target">Sequence of the deleted message.</param>
public sealed record Deleted(string Epoch, long Seq, DateTimeOffset Time, long Target) : LoggedEvent(Epoch, Seq)
{
    /// <summary>Sequences of all messages that were deleted together; the first one is <see cref="Target"/>.</summary>
    public IReadOnlyList<long> Targets { get; init; } = [Target];
}

/// <summary>An event of the log of a type that this version of the client does not know.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Sequence in the log.</param>
/// <param name="Type">Its type in the protocol.</param>
public sealed record OtherLogged(string Epoch, long Seq, string Type) : LoggedEvent(Epoch, Seq);

/// <summary>
/// The client joined the room: the first event, and again after each <see cref="ConnectionLost"/>. Without <paramref name="Resumed"/>,
/// <see cref="EventsMissed"/> reports the missing events as soon as the next event of the log determines their number.
/// </summary>
/// <param name="User">The client's name in the room: the requested name, or that name with a number.</param>
/// <param name="Title">Title of the room.</param>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Sequence of the log's newest event.</param>
/// <param name="Resumed">Whether all events after the last one follow; false in the first event.</param>
/// <param name="Count">Number of members.</param>
/// <param name="Members">Names of the members, at most 100.</param>
/// <param name="Away">Time without a connection; zero in the first event.</param>
public sealed record Welcomed(
    string User, string Title, string Epoch, long Seq, bool Resumed, int Count, IReadOnlyList<string> Members, TimeSpan Away) : ChatEvent;

/// <summary>Members joined or left. Changes are combined, so that the event occurs a few times a second at most.</summary>
/// <param name="Count">Number of members.</param>
/// <param name="Joined">Names of the members who joined; empty in a large room.</param>
/// <param name="Left">Names of the members who left; empty in a large room.</param>
public sealed record PresenceChanged(int Count, IReadOnlyList<string> Joined, IReadOnlyList<string> Left) : ChatEvent
{
    /// <summary>
    /// Names of all members, if the room sends them: when a large room becomes small, and when the room has moved to another host. Null
    /// otherwise.
    /// </summary>
    public IReadOnlyList<string>? Members { get; init; }
}

/// <summary>Options of the room changed.</summary>
/// <param name="Title">The new title; null if it did not change.</param>
/// <param name="SlowModeSeconds">The new time between two messages of a user, 0: no slow mode; null if it did not change.</param>
/// <param name="MaxMembers">The new maximum number of members, 0: no limit; null if it did not change.</param>
public sealed record RoomChanged(string? Title, int? SlowModeSeconds, int? MaxMembers) : ChatEvent;

/// <summary>Members are typing.</summary>
/// <param name="Users">Their names.</param>
public sealed record Typing(IReadOnlyList<string> Users) : ChatEvent;

/// <summary>
/// The connection ended and the client reconnects. Messages wait until then. Omitted if the reader lags so far behind that the buffer is
/// full.
/// </summary>
/// <param name="Code">Close code; 1006 if the connection ended without one.</param>
/// <param name="Reason">The reason, in words.</param>
public sealed record ConnectionLost(int Code, string Reason) : ChatEvent;

/// <summary>Events of the log that this client does not get, because the room no longer keeps them.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="First">Sequence of the first missing event.</param>
/// <param name="Last">Sequence of the last missing event; null if the room ended before it was known.</param>
public sealed record EventsMissed(string Epoch, long First, long? Last) : ChatEvent;

/// <summary>
/// The following events belong to another history, from its beginning or its oldest kept event: the room lost the previous history or a
/// part of it.
/// </summary>
/// <param name="OldEpoch">Epoch of the previous history.</param>
/// <param name="OldSeq">Sequence of the last event that was delivered from it.</param>
/// <param name="Epoch">Epoch of the following history; equal to <paramref name="OldEpoch"/> if only the end of the log was lost.</param>
public sealed record HistoryChanged(string OldEpoch, long OldSeq, string Epoch) : ChatEvent;

/// <summary>The room refused a frame of this client that is not a message. A refused message fails its task instead.</summary>
/// <param name="Code">One of the contract's error codes.</param>
/// <param name="Text">Description of the error.</param>
public sealed record RoomError(string Code, string Text) : ChatEvent;

/// <summary>The last event: the client left or was removed and does not reconnect.</summary>
/// <param name="Code">Close code; 0 if a reconnect was refused with an HTTP status, which <paramref name="Reason"/> contains.</param>
/// <param name="Reason">The reason, in words.</param>
public sealed record Closed(int Code, string Reason) : ChatEvent;
