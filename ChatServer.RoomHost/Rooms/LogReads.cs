using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Turns;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Reads pages of a room's log for its members. Members that need the same page at the same time share one read, and a read ends when no
/// member needs it any more.
/// </summary>
/// <remarks>Only the room's turn calls <see cref="Read"/>; the results arrive in turns.</remarks>
internal sealed class LogReads(DurableLog log, TurnQueue turns, TimeProvider time, CancellationToken abandoned)
{
    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(long After, int Limit), List<Reader>> _pending = [];

    /// <summary>Reads events after <paramref name="after"/>, however long Redis is unavailable.</summary>
    /// <param name="after">Sequence before the first event.</param>
    /// <param name="limit">Most events to read.</param>
    /// <param name="isNeeded">Whether the caller still waits. May be called on any thread.</param>
    /// <param name="then">Called in a turn with the page; null if the log is gone, and not at all if it is not needed any more.</param>
    public void Read(long after, int limit, Func<bool> isNeeded, Action<LogPage?> then)
    {
        if (_pending.TryGetValue((after, limit), out var readers))
        {
            lock (readers)
                readers.Add(new Reader(isNeeded, then));
            return;
        }
        _pending[(after, limit)] = readers = [new Reader(isNeeded, then)];
        _ = RunAsync(after, limit, readers);
    }

    private async Task RunAsync(long after, int limit, List<Reader> readers)
    {
        LogPage? page = null;
        var isRead = false;
        try
        {
            var delay = MinRetryDelay;
            while (AreNeeded(readers))
            {
                try
                {
                    page = await log.TryReadAfterAsync(after, limit, () => isRead = AreNeeded(readers), abandoned);
                    break;
                }
                catch (BackplaneUnavailableException)
                {
                    await Task.Delay(delay, time, abandoned);
                    delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The room was given up; its members are being closed.
        }
        finally
        {
            turns.Post(() => Complete(after, limit, readers, page, isRead || abandoned.IsCancellationRequested));
        }
    }

    private void Complete(long after, int limit, List<Reader> readers, LogPage? page, bool isRead)
    {
        _pending.Remove((after, limit));
        foreach (var reader in readers.Where(reader => reader.IsNeeded()))
        {
            if (isRead)
                reader.Then(page);
            else // it joined a read that had ended because its first readers were gone
                Read(after, limit, reader.IsNeeded, reader.Then);
        }
    }

    private static bool AreNeeded(List<Reader> readers)
    {
        lock (readers)
            return readers.Exists(reader => reader.IsNeeded());
    }

    private readonly record struct Reader(Func<bool> IsNeeded, Action<LogPage?> Then);
}
