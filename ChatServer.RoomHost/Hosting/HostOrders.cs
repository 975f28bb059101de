using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Carries out the orders to this host: the shutdown of the server, the drain of the host or its cancellation, and a rebalance. Orders are
/// keys in Redis, so an order that was given during a disconnection is found later. Only the reconcile loop calls this class.
/// </summary>
internal sealed class HostOrders(
    RoomHostOptions options, HostState state, ClusterShutdown shutdown, HostDrain drain, HostRebalance rebalance, LeaseLoop lease,
    RoomReconciler reconciler, RoomRebalancer rebalancer, PeriodicTasks tasks, IHostApplicationLifetime lifetime)
{
    private Task _moves = Task.CompletedTask;

    /// <summary>Reads and carries out the orders. Returns false if the server is shut down: the host must not reconcile any more.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> ApplyAsync(CancellationToken ct)
    {
        if (await shutdown.IsOrderedAsync(ct))
        {
            state.BeginShutdown();
            lifetime.StopApplication();
            return false;
        }
        await ApplyDrainAsync(await drain.IsOrderedAsync(options.HostId, ct), ct);
        await ApplyRebalanceAsync(ct);
        return true;
    }

    private async Task ApplyDrainAsync(bool isOrdered, CancellationToken ct)
    {
        var isNew = state.TrySetDraining(isOrdered);
        if (isNew)
            await lease.RenewAsync(ct);
        // Each round of a drain moves the rooms that another host can take now.
        if (state.Phase == HostPhase.Draining && _moves.IsCompleted)
            _moves = tasks.TryAsync("drain", () => MoveRoomsAsync(isNew, lifetime.ApplicationStopping));
    }

    // An order that arrives during the moves of another one waits.
    private async Task ApplyRebalanceAsync(CancellationToken ct)
    {
        if (state.Phase == HostPhase.Up && _moves.IsCompleted && await rebalance.TakeAsync(options.HostId, ct) is { } order)
            _moves = tasks.TryAsync("rebalance", () => rebalancer.RunAsync(order, lifetime.ApplicationStopping));
    }

    // Only the first round of a drain is part of the order's trace.
    private async Task MoveRoomsAsync(bool isFirstRound, CancellationToken ct)
    {
        var traceparent = isFirstRound && Tracing.Source.HasListeners() ? await drain.TraceparentAsync(options.HostId, ct) : null;
        using var span = Tracing.Source.StartChild("host.drain", traceparent);
        await reconciler.ReconcileOpenRoomsAsync(options.ParallelMoves, ct);
    }
}
