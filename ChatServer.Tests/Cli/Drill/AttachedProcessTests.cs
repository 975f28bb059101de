using System.Diagnostics;
using System.Globalization;
using ChatServer.Cli;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Drill;

public sealed class AttachedProcessTests : IDisposable
{
    private readonly string _pidFile = Path.GetTempFileName();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.Dispose();
        }
        File.Delete(_pidFile);
    }

    [Fact]
    public async Task Killed_process_is_awaited_until_its_supervisor_has_started_it_again()
    {
        var ct = TestContext.Current.CancellationToken;
        var first = Supervise();
        var attached = AttachedProcess.Parse($"roomhost-1={_pidFile}");
        await attached.KillAsync(ct);
        await first.WaitForExitAsync(ct);
        var starting = attached.StartAgainAsync(ct);
        Assert.False(starting.IsCompleted);
        Supervise();
        await starting.WaitAsync(Eventually.Timeout, ct);
        await attached.StopAsync(ct);
    }

    [Fact]
    public async Task Killed_process_that_stays_away_fails_the_fault_after_the_time_limit()
    {
        var ct = TestContext.Current.CancellationToken;
        var first = Supervise();
        var attached = AttachedProcess.Parse($"roomhost-1={_pidFile}") with { RestartTimeout = TimeSpan.FromSeconds(0.3) };
        await attached.KillAsync(ct);
        await first.WaitForExitAsync(ct);
        var failed = await Assert.ThrowsAsync<CliException>(() => attached.StartAgainAsync(ct).WaitAsync(Eventually.Timeout, ct));
        Assert.StartsWith("roomhost-1 was not started again within 0.3 s", failed.Message, StringComparison.Ordinal);
    }

    // As a supervisor does: starts the process and writes its id to the file.
    private Process Supervise()
    {
        var process = Process.Start("sleep", "600");
        _started.Add(process);
        File.WriteAllText(_pidFile, process.Id.ToString(CultureInfo.InvariantCulture));
        return process;
    }
}
