using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Takes part in the rescue of the rooms of dead hosts; see <see cref="RoomRescue"/>. Without its own lease, the host does not take part.
/// </summary>
internal sealed class RescueLoop(LeaseHolder lease, RoomRescue rescue, PeriodicTasks tasks, TimeProvider time)
{
    /// <summary>Runs until <paramref name="ct"/> ends it.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.RenewalInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (lease.IsHeld)
                await tasks.TryAsync("rescue", () => rescue.RunAsync(ct));
        }
    }
}
