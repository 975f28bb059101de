using ChatServer.RoomHost.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class ReconcileSignalTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly ReconcileSignal _signal;

    public ReconcileSignalTests() => _signal = new ReconcileSignal(_time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_requests_cause_one_round()
    {
        _signal.Request();
        _signal.Request();

        Assert.False(await _signal.WaitAsync(Interval, Cancelled));
        Assert.False(_signal.WaitAsync(Interval, Cancelled).IsCompleted);
    }

    [Fact]
    public async Task Request_wakes_a_waiting_loop()
    {
        var wait = _signal.WaitAsync(Interval, Cancelled);
        Assert.False(wait.IsCompleted);

        _signal.RequestFull();

        Assert.True(await wait);
    }

    [Fact]
    public async Task Without_a_request_the_round_starts_after_the_interval()
    {
        var wait = _signal.WaitAsync(Interval, Cancelled);
        Assert.False(wait.IsCompleted);

        _time.Advance(Interval);

        Assert.False(await wait);
    }

    [Fact]
    public async Task Full_round_that_failed_is_full_again_after_the_interval()
    {
        _signal.RequestFull();
        Assert.True(await _signal.WaitAsync(Interval, Cancelled));

        _signal.MakeNextFull();
        var wait = _signal.WaitAsync(Interval, Cancelled);
        Assert.False(wait.IsCompleted);
        _time.Advance(Interval);

        Assert.True(await wait);
        _signal.Request();
        Assert.False(await _signal.WaitAsync(Interval, Cancelled));
    }

    [Fact]
    public async Task Wait_ends_when_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var wait = _signal.WaitAsync(Interval, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
