using System.Diagnostics;
using System.Text.Json;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>The log in Redis of one room, for one term of this host.</summary>
internal sealed class DurableLog(RoomLog log, RoomRecord room, TimeProvider time, LogReadLimiter reads)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Appends the batch, however long Redis is unavailable: an append whose answer was lost may have been executed, so it is repeated
    /// (which is safe) until its result is known.
    /// </summary>
    /// <exception cref="OperationCanceledException">The room was given up; the result is unknown.</exception>
    public async Task<AppendResult> AppendAsync(Batch batch, long baseSeq, long announced, Action<bool> available, CancellationToken ct)
    {
        var entries = batch.LogEntries();
        var rewritten = batch.Deletions.SelectMany(deletion => deletion.Rewritten).ToList();
        for (; ; )
        {
            var since = Stopwatch.GetTimestamp();
            try
            {
                var result = await log.AppendAsync(room.Name, room.Term, baseSeq, room.Options.History, batch.MessageCount, announced,
                    entries, rewritten);
                BatchMeter.OnAppended(batch, result, since);
                available(true);
                return result;
            }
            catch (BackplaneUnavailableException)
            {
                BatchMeter.OnUnavailable();
                available(false);
                await Task.Delay(RetryDelay, time, ct);
            }
        }
    }

    /// <summary>
    /// Reads events after <paramref name="after"/>, when the host has a free slot for the read. Null if the log is gone or has another
    /// epoch, or if the events are not needed any more when the slot is free.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException">The room was given up.</exception>
    public Task<LogPage?> TryReadAfterAsync(long after, int limit, Func<bool> isNeeded, CancellationToken ct) => reads.RunAsync(
        async () => isNeeded() && await log.ReadAfterAsync(room.Name, after, limit, ct) is { } page && page.Epoch == room.Epoch
            ? page
            : null,
        ct);

    /// <summary>Reads the end of the log, for a host that claimed the room; null if the log is gone.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<LogTail?> ReadTailAsync()
    {
        var history = room.Options.History;
        var said = history < RoomLog.MaxDedupeKeys ? await log.ReadMessageKeysAsync(room.Name, room.Seq) : [];
        return await log.ReadBeforeAsync(room.Name, null, Math.Max(1, history)) is { } page ? new LogTail(page, said) : null;
    }
}

/// <summary>The end of a room's log.</summary>
/// <param name="Page">The events that it keeps.</param>
/// <param name="MessageKeys">If the log keeps few events: keys and sequences of the last messages, those of the page included, oldest
/// first.</param>
internal sealed record LogTail(LogPage Page, IReadOnlyList<(string Key, long Seq)> MessageKeys)
{
    /// <summary>The time of the newest event; the earliest time if there is none.</summary>
    public DateTimeOffset NewestTime =>
        Page.Events is [.., var (seq, entry)] && entry.ReadEvent(seq).TryGetProperty("time", out var time)
            && time.ValueKind == JsonValueKind.String && time.TryGetDateTimeOffset(out var newest)
            ? newest
            : default;
}
