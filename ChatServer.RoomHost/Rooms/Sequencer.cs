namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Gives every event its place in the log: takes a batch, lists its duplicates and refused messages, and numbers and encodes the others.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
/// <param name="inbox">Gives the batches.</param>
/// <param name="dedupe">The messages that the log has.</param>
/// <param name="restrictions">What members may not send.</param>
/// <param name="clock">The clock of the events.</param>
/// <param name="seq">Sequence of the log's newest event.</param>
/// <param name="announced">Number of the newest announcement in the log.</param>
internal sealed class Sequencer(
    RoomInbox inbox, DedupeWindow dedupe, SendRestrictions restrictions, LogClock clock, long seq, long announced)
{
    private long _lastNumbered = seq;

    /// <summary>Number of the newest announcement that the room has, or is about to have.</summary>
    public long Announced { get; private set; } = announced;

    /// <summary>Number of the newest announcement among the events that were encoded so far; before the first one, of the log.</summary>
    public long AnnouncedInLog { get; private set; } = announced;

    /// <summary>Whether an announcement is new to the room; a later call with the same number returns false.</summary>
    public bool TryAcceptAnnouncement(long announcement)
    {
        if (announcement <= Announced)
            return false;
        Announced = announcement;
        return true;
    }

    // :: Step 3: every message gets its sequence.
    /// <summary>
    /// Takes the oldest batch, encodes its new items as events, and lists its duplicates. Null if none waits. The batch before it must be
    /// in the log.
    /// </summary>
    public Batch? TakeNextBatch()
    {
        if (!inbox.TryTakeBatch(out var batch))
            return null;
        Span<byte> now = stackalloc byte[EventJson.TimeBytes];
        EventJson.WriteTime(now, clock.GetNow());
        var items = batch.Items;
        for (var i = 0; i < items.Length; i++)
        {
            ref readonly var item = ref items[i];
            ReadOnlySpan<byte> sender = [];
            if (item.Kind == BatchItemKind.Announcement)
            {
                AnnouncedInLog = item.Announcement;
            }
            else if (restrictions.Find(item, dedupe) is { } refusal)
            {
                batch.Refused.Add((i, refusal));
                continue;
            }
            else if (dedupe.TryAdd(item.Key, _lastNumbered + 1, out var loggedAs))
            {
                sender = item.SenderJson ?? item.Sender?.Seat!.SenderJson;
                restrictions.OnAccepted(item.Sender);
            }
            else
            {
                batch.Duplicates.Add((i, loggedAs));
                continue;
            }
            batch.Encode(i, ++_lastNumbered, now, sender);
        }
        batch.SetTraceSeqs();
        return batch;
    }
}
