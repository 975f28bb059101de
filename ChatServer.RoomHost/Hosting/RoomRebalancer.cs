using ChatServer.Backplane.Hosts;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Moves rooms of this host to hosts with fewer rooms: rooms without members first, then those with the fewest. Rooms whose history is in
/// memory stay, because they would lose it.
/// </summary>
internal sealed class RoomRebalancer(HostState state, RoomSlots slots, RoomReconciler reconciler, TimeProvider time)
{
    private static readonly TimeSpan SlowPause = TimeSpan.FromSeconds(1);

    /// <summary>Carries out the order. Ends early if the host begins to drain or to stop, which moves all rooms.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(RebalanceOrder order, CancellationToken ct)
    {
        var pause = order.Pace == RebalancePace.Slow ? SlowPause : TimeSpan.Zero;
        foreach (var slot in (await ListMovableAsync()).Take(order.Pace == RebalancePace.Off ? 0 : order.Rooms))
        {
            if (state.Phase != HostPhase.Up)
                return;
            await reconciler.MoveAsync(slot);
            await Task.Delay(pause, time, ct);
        }
    }

    private async Task<IEnumerable<RoomSlot>> ListMovableAsync()
    {
        var rooms = new List<(RoomSlot Slot, int Members)>();
        foreach (var slot in slots.All)
        {
            if (slot.Room is { Record.Options.Durability: not Durability.Memory } room)
                rooms.Add((slot, (await room.Queries.MembersAsync()).Count));
        }
        return rooms.OrderBy(room => room.Members).Select(room => room.Slot);
    }
}
