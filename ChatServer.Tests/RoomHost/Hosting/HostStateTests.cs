using ChatServer.Backplane.Hosts;
using ChatServer.RoomHost.Hosting;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class HostStateTests
{
    private readonly HostState _state = new();

    [Fact]
    public void Drain_order_and_its_cancellation_change_the_state_once_each()
    {
        Assert.Equal((HostRecord.Up, false), (_state.RecordState, _state.MovesRooms));

        Assert.True(_state.TrySetDraining(true));
        Assert.False(_state.TrySetDraining(true));
        Assert.Equal((HostRecord.Draining, true), (_state.RecordState, _state.MovesRooms));

        Assert.True(_state.TrySetDraining(false));
        Assert.False(_state.TrySetDraining(false));
        Assert.Equal((HostRecord.Up, false), (_state.RecordState, _state.MovesRooms));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stopping_host_ignores_drain_orders_and_their_cancellation(bool isDraining)
    {
        _state.TrySetDraining(isDraining);
        _state.BeginStop();

        Assert.False(_state.TrySetDraining(true));
        Assert.False(_state.TrySetDraining(false));
        Assert.Equal((HostRecord.Stopping, true), (_state.RecordState, _state.MovesRooms));
    }

    [Fact]
    public void Shutdown_order_is_final_and_closes_rooms_instead_of_moving_them()
    {
        _state.BeginStop();
        _state.BeginShutdown();
        _state.BeginStop();

        Assert.False(_state.TrySetDraining(true));
        Assert.False(_state.TrySetDraining(false));
        Assert.Equal((HostPhase.ShuttingDown, HostRecord.Stopping, false), (_state.Phase, _state.RecordState, _state.MovesRooms));
    }

    [Fact]
    public async Task Host_that_stops_while_drain_orders_are_applied_is_stopping_afterwards()
    {
        for (var round = 0; round < 1_000; round++)
        {
            var state = new HostState();
            var (isStarted, isStopped) = (false, false);
            var orders = Task.Run(() =>
            {
                for (var isLast = false; !isLast;)
                {
                    isLast = Volatile.Read(ref isStopped);
                    state.TrySetDraining(true);
                    state.TrySetDraining(false);
                    Volatile.Write(ref isStarted, true);
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref isStarted));

            state.BeginStop();

            Volatile.Write(ref isStopped, true);
            await orders;
            Assert.Equal(HostRecord.Stopping, state.RecordState);
        }
    }
}
