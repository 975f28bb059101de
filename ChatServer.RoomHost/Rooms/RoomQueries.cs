using System.Text.Json;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Reads the state of a room for other threads. Each answer is the state of one turn.</summary>
internal sealed class RoomQueries(
    TurnQueue turns, string epoch, Presence presence, RoomHistory history, FrameRing ring, DedupeWindow dedupe, Sequencer sequencer)
{
    /// <summary>Whether a session holds a seat, with a token or without.</summary>
    public Task<bool> HoldsSeatAsync(string session) => turns.AskAsync(() => presence.HoldsSeat(session));

    /// <summary>The JSON of an event in the ring, null if it is not there; and the sequence of the newest event.</summary>
    public Task<(byte[]? Json, long Newest)> ReadRingAsync(long seq) => turns.AskAsync(() => (ring.Json(seq), history.Seq));

    /// <summary>The first messages of a user after a sequence that are not deleted, in a log that is the ring.</summary>
    public Task<IReadOnlyList<(long Seq, byte[] Json)>> FindByUserAsync(string uid, long after, int limit) =>
        turns.AskAsync(() => history.FindByUser(uid, after, limit));

    /// <summary>Whether an event with this key was logged.</summary>
    public Task<bool> HasLoggedAsync(MessageKey? key) => turns.AskAsync(() => key is { } known && dedupe.Contains(known));

    /// <summary>The members with a name or with a <c>uid</c>; one of the two is null.</summary>
    public Task<SeatHolder?> FindMemberAsync(string? user, string? uid) => turns.AskAsync(() => SeatHolder.Of(
        [.. uid is not null ? presence.Seats.Where(seat => seat.Uid == uid) : presence.Find(user!) is { } seat ? [seat] : []]));

    /// <summary>The number of members, their names in order, and the holders of the names.</summary>
    public Task<(int Count, IReadOnlyList<string> Names, IReadOnlyList<RoomPerson> People)> MembersAsync() =>
        turns.AskAsync<(int, IReadOnlyList<string>, IReadOnlyList<RoomPerson>)>(() =>
        {
            var seats = presence.Seats.OrderBy(seat => seat.Name, StringComparer.Ordinal).ToList();
            return (seats.Count, seats.ConvertAll(seat => seat.Name), seats.ConvertAll(seat => new RoomPerson(seat.Name, seat.Uid)));
        });

    /// <summary>The seats, for the room that follows this one.</summary>
    public Task<IReadOnlyList<RoomSeat>> SeatsAsync() =>
        turns.AskAsync<IReadOnlyList<RoomSeat>>(() => [.. presence.Seats.Select(seat => seat.ToRecord())]);

    /// <summary>The events after <paramref name="seq"/>, for a log that lacks them; null if they are not all in memory.</summary>
    public Task<LogEnd?> LogEndAsync(long seq) =>
        turns.AskAsync(() => LogEnd.Of(epoch, ring, dedupe, seq, history.Seq, sequencer.AnnouncedInLog));

    /// <summary>
    /// Events of a log that is the ring, newest last: those before <paramref name="before"/>, at most <paramref name="limit"/>.
    /// </summary>
    public Task<(long Oldest, IReadOnlyList<JsonElement> Events)> HistoryAsync(long? before, int limit) =>
        turns.AskAsync(() => (history.Oldest, history.RingPage(before, limit)));
}
