using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// The orderly end of the host. Rooms move to other hosts, then the rest is closed, then the lease is released. After the shutdown order of
/// the server, all rooms are closed for good.
/// </summary>
internal sealed class HostStop(
    HostState state, LeaseHolder holder, LeaseLoop lease, RoomSlots slots, RoomReconciler reconciler, ClusterShutdown shutdown,
    PeriodicTasks tasks, TimeProvider time)
{
    // The messages of a room wait during its move, and with more moves at a time each takes longer. Hundreds of rooms, which could exceed
    // the timeout, move with the maximum.
    private const int MinParallelMoves = 4;
    private const int MaxParallelMoves = 16;
    private const int RoomsPerParallelMove = 50;

    // A room that no host takes within this time is closed here. It stays assigned to this host until another process looks for it and
    // moves it.
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(12);

    // Time for the first move, after which the others begin even if it has not ended.
    private static readonly TimeSpan FirstMoveTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Moves or closes all rooms. Must run before the listener stops: a room's port is closed after its members.</summary>
    public async Task StopRoomsAsync()
    {
        state.BeginStop();
        if (holder.IsHeld)
            await tasks.TryAsync("lease renewal", () => lease.RenewAsync(CancellationToken.None));
        if (state.Phase == HostPhase.Stopping)
            await MoveRoomsAsync();
        if (state.Phase == HostPhase.Stopping)
        {
            await reconciler.StopAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true);
            return;
        }
        using var span = Tracing.Source.StartChild("host.shutdown", shutdown.Traceparent);
        await reconciler.StopAsync(CloseCodes.RoomClosed, "shutdown", reconnect: false);
    }

    /// <summary>Releases the lease. Must run after the lease loop has ended, which would acquire it again.</summary>
    public Task ReleaseLeaseAsync() =>
        tasks.TryAsync("lease release", () => holder.ReleaseAsync(forget: state.Phase == HostPhase.ShuttingDown));

    private async Task MoveRoomsAsync()
    {
        using var timeout = new CancellationTokenSource(MoveTimeout, time);
        var parallel = Math.Clamp(slots.All.Count() / RoomsPerParallelMove, MinParallelMoves, MaxParallelMoves);
        await tasks.TryAsync("moving rooms away", async () =>
        {
            // The first move compiles the code of the others, so it happens alone, with the room that has the fewest connections.
            if (slots.All.MinBy(slot => slot.Room?.Connections) is { } first)
                await Task.WhenAny(reconciler.ReconcileAsync(first.Name), Task.Delay(FirstMoveTimeout, time, timeout.Token));
            await reconciler.ReconcileOpenRoomsAsync(parallel, timeout.Token).WaitAsync(timeout.Token);
        });
    }
}
