using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Erasures;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>
/// Carries out erasures in the rooms of this host: each room, those that a later host opens included, carries out each of them.
/// </summary>
internal sealed class ErasureLoop(UserErasures erasures, RoomLog log, RoomSlots slots, PeriodicTasks tasks)
{
    // Of the largest messages, so many have 3 MB.
    private const int MessagesPerDeletion = 200;

    private Task _running = Task.CompletedTask;

    /// <summary>Begins to carry out erasures that rooms lack, unless that is running. Does not wait for its end.</summary>
    public void Start(CancellationToken ct)
    {
        if (_running.IsCompleted)
            _running = tasks.TryAsync("erasure", () => RunAsync(ct));
    }

    /// <exception cref="BackplaneUnavailableException"/>
    private async Task RunAsync(CancellationToken ct)
    {
        var rooms = slots.Rooms.ToList();
        if (rooms.Count == 0)
            return;
        var all = await erasures.ReadAfterAsync(rooms.Min(room => room.Erased), ct);
        foreach (var room in rooms)
        {
            foreach (var erasure in all.Where(erasure => erasure.Number > room.Erased))
            {
                if (!await room.Deletions.EraseAsync(after => FindAsync(room, erasure.Uid, after, ct)))
                    break;
                await erasures.MarkAsync(room.Record, erasure.Number, ct);
                room.Erased = erasure.Number;
            }
        }
    }

    private async Task<IReadOnlyList<(long Seq, byte[] Json)>> FindAsync(Room room, string uid, long after, CancellationToken ct)
    {
        if (room.Record.Options.Durability == Durability.Memory)
            return await room.Queries.FindByUserAsync(uid, after, MessagesPerDeletion);
        var found = await log.FindByUserAsync(room.Record.Name, uid, after, MessagesPerDeletion, ct);
        return [.. (found ?? []).Where(message => message.Seq <= room.Seq).Select(message => (message.Seq, message.Entry.Event.ToArray()))];
    }
}
