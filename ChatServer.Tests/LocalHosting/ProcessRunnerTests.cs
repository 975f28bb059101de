using System.Net;
using System.Net.Sockets;
using ChatServer.LocalHosting.Logs;
using ChatServer.LocalHosting.Resources;
using ChatServer.LocalHosting.Runner;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LocalHosting;

/// <summary>Real processes on a clock of the test's own. A shell that reads its input to the end is a service: that is how it is told to stop.</summary>
public sealed class ProcessRunnerTests : IAsyncDisposable
{
    private const string Serves = "echo up; cat >/dev/null";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly StringWriter _output = new();
    private readonly List<ProcessRunner> _runners = [];
    private readonly ResourceBoard _board;

    public ProcessRunnerTests() => _board = new ResourceBoard(_time);

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in _runners)
        {
            var stop = runner.StopForGoodAsync();
            runner.Kill();
            await stop;
            runner.Dispose();
        }
        await _output.DisposeAsync();
    }

    [Fact]
    public async Task A_process_starts_when_what_it_waits_for_runs()
    {
        var redis = _board.Add("redis", ResourceKind.ConnectionString);
        var api = Runner("api", Serves, waitsFor: [redis]);
        await api.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(api, ResourceState.Waiting);
        Assert.Equal("waits for redis", api.Resource.Status.Reason);
        Assert.Null(api.Resource.Status.ProcessId);

        redis.Change(status => status with { State = ResourceState.Running });

        await StateAsync(api, ResourceState.Running);
    }

    [Fact]
    public async Task A_process_runs_for_those_who_wait_only_when_it_is_healthy_and_tells_when_it_no_longer_is()
    {
        var port = FreePort.Next();
        var api = Runner("api", Serves, new Uri($"tcp://127.0.0.1:{port}"));
        await api.CarryOutAsync(ResourceCommand.Start);
        await Eventually.Async(() => api.Resource.Status, status => status is { State: ResourceState.Starting, Reason: not null });

        using (var listener = new TcpListener(IPAddress.Loopback, port))
        {
            listener.Start();
            await WithTimeAsync(api, ResourceState.Running);
        }
        await WithTimeAsync(api, ResourceState.Unhealthy);

        Assert.NotNull(api.Resource.Status.ProcessId);
    }

    [Fact]
    public async Task A_process_that_crashes_is_started_again_after_waits_that_grow()
    {
        var host = Runner("roomhost", "exit 3");
        await host.CarryOutAsync(ResourceCommand.Start);

        foreach (var (restarts, wait) in new[] { (0, 1), (1, 2), (2, 4) })
        {
            await Eventually.Async(() => host.Resource.Status, status => status.State == ResourceState.Failed && status.Restarts == restarts);
            Assert.Equal($"exit code 3, again in {wait} s", host.Resource.Status.Reason);
            await WithTimeAsync(() => host.Resource.Status.Restarts == restarts + 1);
        }
    }

    [Fact]
    public async Task A_crashed_process_that_is_not_wanted_any_more_stays_away()
    {
        var host = Runner("roomhost", "exit 3");
        await host.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(host, ResourceState.Failed);

        await host.CarryOutAsync(ResourceCommand.Stop);
        _time.Advance(BackOff.Longest);

        Assert.Equal((ResourceState.Stopped, 0, 3), (host.Resource.Status.State, host.Resource.Status.Restarts, host.Resource.Status.ExitCode));
    }

    [Fact]
    public async Task A_process_that_ends_with_0_is_not_started_again_unless_somebody_asks()
    {
        var job = Runner("job", "exit 0");
        await job.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(job, ResourceState.Exited);
        _time.Advance(BackOff.Longest);
        Assert.Equal((0, 0), (job.Resource.Status.Restarts, job.Resource.Status.ExitCode));

        await job.CarryOutAsync(ResourceCommand.Start);
        await Eventually.Async(() => job.Resource.Status, status => status.State == ResourceState.Exited && status.Restarts == 1);
    }

    [Fact]
    public async Task A_stop_ends_the_process_by_its_pipe_and_a_start_begins_another()
    {
        var api = Runner("api", Serves);
        await api.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(api, ResourceState.Running);
        var first = api.Resource.Status.ProcessId;

        await api.CarryOutAsync(ResourceCommand.Stop);
        Assert.Equal((ResourceState.Stopped, 0, null), (api.Resource.Status.State, api.Resource.Status.ExitCode, api.Resource.Status.ProcessId));

        await api.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(api, ResourceState.Running);
        Assert.NotEqual(first, api.Resource.Status.ProcessId);
        Assert.Equal(1, api.Resource.Status.Restarts);
    }

    [Fact]
    public async Task A_process_that_does_not_stop_is_killed_with_all_that_it_started()
    {
        var api = Runner("api", "sleep 600 & echo $!; wait");
        await api.CarryOutAsync(ResourceCommand.Start);
        var line = await Eventually.Async(() => api.Resource.Log.Read().FirstOrDefault(line => line.Stream == LogStream.Out), line => line is not null);

        var stop = api.CarryOutAsync(ResourceCommand.Stop);
        await StateAsync(api, ResourceState.Stopping);
        Assert.True(Directory.Exists($"/proc/{line!.Text}"));
        await WithTimeAsync(() => stop.IsCompleted);

        await Eventually.Async(() => !Directory.Exists($"/proc/{line.Text}"));
        Assert.Equal((ResourceState.Stopped, 137), (api.Resource.Status.State, api.Resource.Status.ExitCode));
    }

    [Fact]
    public async Task A_restart_does_not_wait_for_what_somebody_stopped()
    {
        var host = _board.Add("roomhost", ResourceKind.Project);
        host.Change(status => status with { State = ResourceState.Running });
        var api = Runner("api", Serves, waitsFor: [host]);
        await api.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(api, ResourceState.Running);
        host.Change(status => status with { State = ResourceState.Stopped });

        await api.CarryOutAsync(ResourceCommand.Restart);

        await Eventually.Async(() => api.Resource.Status, status => status is { State: ResourceState.Running, Restarts: 1 });
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_a_crash_and_the_log_says_so()
    {
        var runner = Runner("api", new Launch("/does/not/exist", [], "/", new Dictionary<string, string?>()));
        await runner.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(runner, ResourceState.Failed);
        Assert.Contains(runner.Resource.Log.Read(), line => line.Text.StartsWith("cannot be started", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_process_writes_is_kept_and_shown_behind_its_name()
    {
        var api = Runner("api", "echo \"hello $WHO\"; echo oh >&2; exit 0", environment: new() { ["WHO"] = "world" });
        await api.CarryOutAsync(ResourceCommand.Start);
        await StateAsync(api, ResourceState.Exited);

        Assert.Contains(api.Resource.Log.Read(), line => line is { Stream: LogStream.Out, Text: "hello world" });
        Assert.Contains(api.Resource.Log.Read(), line => line is { Stream: LogStream.Error, Text: "oh" });
        Assert.Contains("api | hello world", _output.ToString(), StringComparison.Ordinal);
    }

    private ProcessRunner Runner(
        string name, string script, Uri? health = null, Resource[]? waitsFor = null, Dictionary<string, string?>? environment = null) =>
        Runner(name, new Launch("/bin/sh", ["-c", script], "/", environment ?? []), health, waitsFor);

    private ProcessRunner Runner(string name, Launch launch, Uri? health = null, Resource[]? waitsFor = null)
    {
        var runner = new ProcessRunner(
            _board.Add(name, ResourceKind.Project), launch, health, waitsFor ?? [], _board, new ConsoleLog(_output, false, 0), _time);
        _runners.Add(runner);
        return runner;
    }

    private static Task StateAsync(ProcessRunner runner, ResourceState state) =>
        Eventually.Async(() => runner.Resource.Status, status => status.State == state);

    private Task WithTimeAsync(ProcessRunner runner, ResourceState state) => WithTimeAsync(() => runner.Resource.Status.State == state);

    // Time passes for whoever waits by now; who begins to wait later gets the next piece.
    private Task WithTimeAsync(Func<bool> condition) => Eventually.Async(() =>
    {
        if (condition()) return true;
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });
}
