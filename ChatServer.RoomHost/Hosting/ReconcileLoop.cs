using ChatServer.Backplane.Messages;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// The periodic round: orders, rooms, announcements. A round runs on request (<see cref="ReconcileSignal"/>) and at least every two
/// seconds, which bounds the delay of a change whose notification was lost.
/// </summary>
internal sealed class ReconcileLoop(
    ReconcileSignal signal, HostOrders orders, RoomReconciler reconciler, RoomSlots slots, Announcements announcements,
    HostSanctions sanctions, ErasureLoop erasures, PeriodicTasks tasks)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Runs rounds until <paramref name="ct"/> ends it.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        for (; ; )
        {
            var isFull = await signal.WaitAsync(Interval, ct);
            if (!await tasks.TryAsync("reconciliation", () => RunRoundAsync(isFull, ct)) && isFull)
                signal.MakeNextFull();
        }
    }

    private async Task RunRoundAsync(bool isFull, CancellationToken ct)
    {
        if (!await orders.ApplyAsync(ct))
            return;
        await reconciler.ReconcileRoundAsync(isFull, ct);
        await sanctions.RefreshAsync(ct);
        await DeliverAnnouncementsAsync(ct);
        erasures.Start(ct);
    }

    // Each room knows the newest announcement that it has. Reading after the oldest of these finds all that any room lacks.
    private async Task DeliverAnnouncementsAsync(CancellationToken ct)
    {
        var rooms = slots.Rooms.ToList();
        if (rooms.Count == 0)
            return;
        foreach (var announcement in await announcements.ReadAfterAsync(rooms.Min(r => r.Announced), ct))
        {
            foreach (var room in rooms)
                room.Announce(announcement);
        }
    }
}
