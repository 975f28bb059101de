using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Rings;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The newest events of a room, which its members have seen, for a log that lacks them: replication is asynchronous, so a replica that is
/// promoted may lack the end of a log.
/// </summary>
/// <param name="Epoch">The epoch of the log.</param>
/// <param name="After">The sequence of the newest event that the log has.</param>
/// <param name="Last">That event as the room published it; null if <paramref name="After"/> is 0.</param>
/// <param name="Entries">The events that the log lacks, each a <see cref="LogEntry"/> in one piece.</param>
/// <param name="Announced">The number of the newest announcement among them; null if there is none.</param>
internal sealed record LogEnd(
    string Epoch, long After, byte[]? Last, IReadOnlyList<ReadOnlyMemory<byte>> Entries, long? Announced)
{
    // Entries of one append: Redis needs about a millisecond for so many.
    private const int MaxAppended = 1000;

    /// <summary>The sequence of the newest event.</summary>
    public long Newest => After + Entries.Count;

    /// <summary>
    /// The events after <paramref name="after"/>. Null if the ring does not have all of them, or if one of them deleted messages: what the
    /// log must have instead of these messages is not in memory.
    /// </summary>
    public static LogEnd? Of(string epoch, FrameRing ring, DedupeWindow dedupe, long after, long newest, long announced)
    {
        var last = after == 0 ? null : ring.Json(after);
        if (after > 0 && last is null)
            return null;
        var keys = dedupe.After(after);
        var (entries, hasAnnouncement) = (new List<ReadOnlyMemory<byte>>(), false);
        for (var seq = after + 1; seq <= newest; seq++)
        {
            if (ring.Json(seq) is not { } json || Is(json, "deleted"))
                return null;
            hasAnnouncement |= Is(json, "announcement");
            var entry = new byte[LogEntry.KeyLength + json.Length];
            if (keys.TryGetValue(seq, out var key))
                key.Write(entry);
            else
                Encoding.ASCII.GetBytes(LogEntry.EmptyKey, entry);
            json.CopyTo(entry, LogEntry.KeyLength);
            entries.Add(entry);
        }
        return new LogEnd(epoch, after, last, entries, hasAnnouncement ? announced : null);
    }

    /// <summary>Whether <paramref name="page"/> ends with the event before these.</summary>
    public bool Continues(LogPage? page) => page is not null && page.Epoch == Epoch && page.Newest == After
        && (After == 0 || (page.Events is [.., var (seq, entry)] && seq == After && entry.Event.Span.SequenceEqual(Last)));

    /// <summary>
    /// Appends the events under the term of <paramref name="claimed"/>. A repeated call, also under a later term, appends none of them twice.
    /// </summary>
    /// <returns>The room with its new end; null if the log is at another position.</returns>
    /// <exception cref="Backplane.Connections.BackplaneUnavailableException">The outcome is unknown; claim the room and repeat the call.</exception>
    public async Task<RoomRecord?> AppendAsync(RoomLog log, RoomRecord claimed)
    {
        if (claimed.Epoch != Epoch || claimed.Seq < After || claimed.Seq > Newest)
            return null;
        foreach (var part in Entries.Skip((int)(claimed.Seq - After)).Chunk(MaxAppended))
        {
            var messages = part.Count(entry => Is(entry.Span[LogEntry.KeyLength..], "message"));
            var announced = Math.Max(claimed.Announced, Announced ?? 0);
            var result = await log.AppendAsync(
                claimed.Name, claimed.Term, claimed.Seq, claimed.Options.History, messages, announced, part);
            if (result != AppendResult.Appended)
                return null;
            claimed = claimed with { Seq = claimed.Seq + part.Length, Messages = claimed.Messages + messages, Announced = announced };
        }
        return claimed;
    }

    private static bool Is(ReadOnlySpan<byte> json, string type) => json.StartsWith(Encoding.ASCII.GetBytes($"{{\"type\":\"{type}\""));
}
