using System.Text;
using System.Text.Json;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;

namespace ChatServer.RoomHost.Rooms;

/// <summary>The events that a room keeps: the newest ones in the ring, all of them in the log.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
/// <param name="record">The room as it was claimed.</param>
/// <param name="log">The log; null if the ring is the log.</param>
/// <param name="ring">The ring of plain frames.</param>
/// <param name="oldestAtClaim">Sequence of the oldest event in the log when the room was claimed.</param>
/// <param name="turns">Receives the results of reads.</param>
/// <param name="time">The clock.</param>
/// <param name="abandoned">The room is given up.</param>
internal sealed class RoomHistory(
    RoomRecord record, DurableLog? log, FrameRing ring, long oldestAtClaim, TurnQueue turns, TimeProvider time, CancellationToken abandoned)
{
    private readonly LogReads? _reads = log is null ? null : new LogReads(log, turns, time, abandoned);

    /// <summary>Events that a room keeps at least: <c>history</c> of its options.</summary>
    public int MaxEvents => record.Options.History;

    /// <summary>Sequence of the newest event that was published: the log and the ring have it.</summary>
    public long Seq { get; set; } = record.Seq;

    /// <summary>Sequence of the oldest event that can be read.</summary>
    public long Oldest => _reads is null
        ? ring.EventCount > 0 ? Math.Max(ring.FirstSeq, Seq - MaxEvents + 1) : Seq + 1
        : Math.Max(oldestAtClaim, Seq - MaxEvents + 1);

    /// <summary>
    /// Reads events from the log after <paramref name="after"/> for a member, and calls <paramref name="then"/> in a turn; with null if the
    /// log does not have them, and not at all if the member is gone by then.
    /// </summary>
    public void Read(long after, int limit, IMemberSender member, Action<LogPage?> then)
    {
        if (_reads is null)
            turns.Post(() => then(null));
        else
            _reads.Read(after, limit, () => !member.HasEnded, then);
    }

    /// <summary>The first messages of a user after a sequence that are not deleted, in a log that is the ring.</summary>
    public IReadOnlyList<(long Seq, byte[] Json)> FindByUser(string uid, long after, int limit)
    {
        var found = new List<(long, byte[])>();
        var property = Encoding.UTF8.GetBytes(RoomLog.UserProperty(uid));
        for (var seq = Math.Max(Oldest, after + 1); seq <= Seq && found.Count < limit; seq++)
        {
            if (ring.Json(seq) is { } json && json.AsSpan().IndexOf(property) >= 0 && json.AsSpan().IndexOf(",\"deleted\":{"u8) < 0)
                found.Add((seq, json));
        }
        return found;
    }

    /// <summary>
    /// Events of a log that is the ring, newest last: those before <paramref name="before"/>, at most <paramref name="limit"/>.
    /// </summary>
    public IReadOnlyList<JsonElement> RingPage(long? before, int limit)
    {
        var last = Math.Min(before - 1 ?? Seq, Seq);
        var events = new List<JsonElement>();
        for (var seq = Math.Max(Oldest, last - limit + 1); seq <= last; seq++)
        {
            if (ring.Json(seq) is { } json)
                events.Add(JsonSerializer.Deserialize<JsonElement>(json));
        }
        return events;
    }
}
