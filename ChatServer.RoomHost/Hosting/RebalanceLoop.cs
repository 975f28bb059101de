using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Orders a rebalance after hosts have joined: started, or resumed after a drain. Only the host that is the coordinator of
/// <see cref="RoomRescue"/> does this.
/// </summary>
internal sealed class RebalanceLoop(
    RoomHostOptions options, RoomRescue rescue, HostDirectory hosts, HostRebalance rebalance, PeriodicTasks tasks, TimeProvider time)
{
    // Several hosts that start one after another are one change.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // Fewer rooms are not worth their moves, and hosts that get rooms meanwhile must not give them back.
    private const int MinSurplus = 5;

    private HashSet<string> _known = [];

    /// <summary>Runs until <paramref name="ct"/> ends it.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (options.Rebalance != RebalancePace.Off)
                await tasks.TryAsync("rebalance", () => CheckAsync(ct));
        }
    }

    private async Task CheckAsync(CancellationToken ct)
    {
        if (!rescue.IsCoordinator)
        {
            _known = []; // a new coordinator does not know what the previous one has ordered
            return;
        }
        var accepting = (await hosts.ListAsync(ct)).Where(host => host.AcceptsRooms).Select(host => host.Id).ToHashSet();
        if (!accepting.IsSubsetOf(_known))
            await rebalance.OrderAsync(options.Rebalance, MinSurplus, ct);
        _known = accepting;
    }
}
