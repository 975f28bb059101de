using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Receives what other processes publish for this host: nudges to reconcile, commands, and signals to every process.</summary>
internal sealed class NotificationLoop(
    RoomHostOptions options, HostInbox inbox, ClusterSignals clusterSignals, LeaseHolder lease, RoomReconciler reconciler,
    ReconcileSignal reconcile, CommandHandler commands)
{
    /// <summary>Runs until <paramref name="ct"/> ends it.</summary>
    public async Task RunAsync(CancellationToken ct) => await await Task.WhenAny(
        inbox.RunAsync(options.HostId, reconcile.RequestFull, reconciler.RequestReconcile, HandleCommand, ct),
        clusterSignals.RunAsync(reconcile.Request, ct));

    // Without the lease, another process may have this host's id: it replies.
    private void HandleCommand(Command command)
    {
        if (lease.IsHeld)
            commands.Handle(command);
    }
}
