using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Writes the member counts of rooms that changed to their records, and shuts down rooms that exceeded their idle timeout.
/// </summary>
internal sealed class ReportLoop(
    RoomSlots slots, RoomReconciler reconciler, RoomOwnership ownership, RoomDirectory directory, PeriodicTasks tasks,
    TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until <paramref name="ct"/> ends it.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await tasks.TryAsync("reports", () => Task.WhenAll(slots.Rooms.Select(room => ReportRoomAsync(room, ct))));
            foreach (var room in slots.Rooms.Where(HasExceededIdleTimeout))
                await tasks.TryAsync("idle room shutdown", () => directory.ShutdownAsync(room.Record.Name, room.Record.Term, ct));
        }
    }

    private async Task ReportRoomAsync(Room room, CancellationToken ct)
    {
        if (room.Report.Take() is not { } report)
            return;
        try
        {
            var isOwner = await ownership.ReportAsync(
                room.Record.Name, room.Record.Term, report.Members, report.Messages, report.Announced, ct);
            if (!isOwner)
                reconciler.RequestReconcile(room.Record.Name);
        }
        catch
        {
            room.Report.Repeat();
            throw;
        }
    }

    private static bool HasExceededIdleTimeout(Room room) =>
        room.Record.Options.IdleTimeoutSeconds is > 0 and var seconds && room.EmptyFor >= TimeSpan.FromSeconds(seconds);
}
