namespace ChatServer.Client;

/// <summary>What happens in a room, or to the connection with it.</summary>
public abstract record ChatEvent;

/// <summary>An event of the room's log. Each comes once, in the order of <paramref name="Seq"/>, whatever happens to the connection.</summary>
/// <param name="Epoch">Names this life of the log: sequences of another one mean nothing in it.</param>
/// <param name="Seq">Its place; grows by one from event to event.</param>
public abstract record LoggedEvent(string Epoch, long Seq) : ChatEvent;

/// <summary>Somebody said something, perhaps we ourselves.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">Its place in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="User">Who.</param>
/// <param name="Id">The sender's name for it, unique in the sender's session.</param>
/// <param name="Text">What.</param>
public sealed record Message(string Epoch, long Seq, DateTimeOffset Time, string User, string Id, string Text) : LoggedEvent(Epoch, Seq);

/// <summary>An operator said something to everyone.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">Its place in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="Text">What.</param>
public sealed record Announcement(string Epoch, long Seq, DateTimeOffset Time, string Text) : LoggedEvent(Epoch, Seq);

/// <summary>An operator took a message out of the history.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">The place of this event in the log.</param>
/// <param name="Time">When the room logged it, to the millisecond.</param>
/// <param name="Target">Sequence of the message that is gone.</param>
public sealed record Deleted(string Epoch, long Seq, DateTimeOffset Time, long Target) : LoggedEvent(Epoch, Seq);

/// <summary>An event of the log of a kind that this version of the client does not know.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">Its place in the log.</param>
/// <param name="Type">What the room calls it.</param>
public sealed record OtherLogged(string Epoch, long Seq, string Type) : LoggedEvent(Epoch, Seq);

/// <summary>
/// The room let us in: the first event, and again after every <see cref="ConnectionLost"/>. Without <paramref name="Resumed"/>, what
/// is missing is told by <see cref="EventsMissed"/> as soon as the next event of the log shows how much it is.
/// </summary>
/// <param name="User">Our name in the room: the one that was asked for, or that one with a number.</param>
/// <param name="Title">What people see above the room.</param>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">Sequence of the log's newest event.</param>
/// <param name="Resumed">Everything since the last event follows; false at first.</param>
/// <param name="Count">How many members are here.</param>
/// <param name="Members">Their names, at most 100.</param>
/// <param name="Away">How long there was no connection; zero at first.</param>
public sealed record Welcomed(
    string User, string Title, string Epoch, long Seq, bool Resumed, int Count, IReadOnlyList<string> Members, TimeSpan Away) : ChatEvent;

/// <summary>Members came and went, told a few times a second at most.</summary>
/// <param name="Count">How many are here now.</param>
/// <param name="Joined">Who came; empty in a large room.</param>
/// <param name="Left">Who went; empty in a large room.</param>
public sealed record PresenceChanged(int Count, IReadOnlyList<string> Joined, IReadOnlyList<string> Left) : ChatEvent;

/// <summary>Members are typing.</summary>
/// <param name="Users">Who.</param>
public sealed record Typing(IReadOnlyList<string> Users) : ChatEvent;

/// <summary>
/// The connection is gone and the client is on its way back; what is said meanwhile waits. Left out when the reader is so far behind
/// that it does not fit.
/// </summary>
/// <param name="Code">With what it was closed; 1006 when it broke.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record ConnectionLost(int Code, string Reason) : ChatEvent;

/// <summary>Events of the log that this client will not get: the room does not keep them any more.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="First">Sequence of the first one.</param>
/// <param name="Last">Of the last one; null when the room ended before that was known.</param>
public sealed record EventsMissed(string Epoch, long First, long? Last) : ChatEvent;

/// <summary>
/// What follows is another history, from its beginning or the oldest event that is kept: the room lost the one that was told so far,
/// or a part of it.
/// </summary>
/// <param name="OldEpoch">Epoch of the one that is gone.</param>
/// <param name="OldSeq">Its last event that was told.</param>
/// <param name="Epoch">Epoch of the one that follows. The same as before if only the end of the log was lost.</param>
public sealed record HistoryChanged(string OldEpoch, long OldSeq, string Epoch) : ChatEvent;

/// <summary>The room had something against what this client sent, other than against a message: those fail their own task.</summary>
/// <param name="Code">One of the contract's error codes.</param>
/// <param name="Text">In words.</param>
public sealed record RoomError(string Code, string Text) : ChatEvent;

/// <summary>The last event: we are out, and the client does not come back by itself.</summary>
/// <param name="Code">The close code; 0 when a way back was refused with an HTTP status, which <paramref name="Reason"/> tells.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record Closed(int Code, string Reason) : ChatEvent;
