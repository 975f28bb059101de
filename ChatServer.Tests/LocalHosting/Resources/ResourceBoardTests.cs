using ChatServer.LocalHosting.Resources;

namespace ChatServer.Tests.LocalHosting.Resources;

public sealed class ResourceBoardTests
{
    private readonly ResourceBoard _board = new(TimeProvider.System);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_wakes_whoever_waits_for_one()
    {
        var api = _board.Add("api", ResourceKind.Project);
        var change = _board.Changes.WaitAsync(_board.Changes.Value, Ct);
        Assert.False(change.IsCompleted);
        api.Change(status => status with { State = ResourceState.Running });
        await change.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.Equal(ResourceState.Running, api.Status.State);
    }

    [Fact]
    public void Whoever_is_late_does_not_wait_for_what_was_already()
    {
        var seen = _board.Changes.Value;
        _board.Add("api", ResourceKind.Project);
        Assert.True(_board.Changes.WaitAsync(seen, Ct).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_change_that_changes_nothing_is_none()
    {
        var api = _board.Add("api", ResourceKind.Project);
        var seen = _board.Changes.Value;
        api.Change(status => status with { State = ResourceState.Waiting });
        Assert.Equal(seen, _board.Changes.Value);
    }

    [Fact]
    public async Task Changes_from_several_threads_are_all_counted()
    {
        var api = _board.Add("api", ResourceKind.Project);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var n = 0; n < 1_000; n++) api.Change(status => status with { Restarts = status.Restarts + 1 });
        }, Ct)));
        Assert.Equal(8_000, api.Status.Restarts);
    }

    [Fact]
    public void Two_resources_of_one_name_are_refused()
    {
        _board.Add("api", ResourceKind.Project);
        Assert.Throws<ArgumentException>(() => _board.Add("API", ResourceKind.Executable));
    }

    [Theory]
    [InlineData(nameof(ResourceState.Waiting), "Stop")]
    [InlineData(nameof(ResourceState.Starting), "Stop Restart")]
    [InlineData(nameof(ResourceState.Running), "Stop Restart")]
    [InlineData(nameof(ResourceState.Unhealthy), "Stop Restart")]
    [InlineData(nameof(ResourceState.Stopping), "")]
    [InlineData(nameof(ResourceState.Stopped), "Start")]
    [InlineData(nameof(ResourceState.Exited), "Start")]
    [InlineData(nameof(ResourceState.Failed), "Stop Restart")]
    public void A_resource_takes_the_commands_that_mean_something_in_its_state(string state, string commands)
    {
        var api = _board.Add("api", ResourceKind.Project);
        api.Commands = (_, _) => Task.CompletedTask;
        api.Change(status => status with { State = Enum.Parse<ResourceState>(state) });
        Assert.Equal(commands, string.Join(' ', Enum.GetValues<ResourceCommand>().Where(api.Takes)));
    }

    [Fact]
    public void A_parameter_takes_no_command()
    {
        var key = _board.Add("key", ResourceKind.Parameter);
        Assert.DoesNotContain(Enum.GetValues<ResourceCommand>(), key.Takes);
    }
}
