using System.ComponentModel;
using System.Globalization;
using ChatServer.LocalHosting.Logs;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Runner;

/// <summary>
/// Keeps one process of the topology running: waits for what it needs, starts it, watches its health, starts it again when it
/// crashed. A process that ends with exit code 0 has done what it was told to, and stays away until somebody starts it.
/// </summary>
internal sealed class ProcessRunner(
    Resource resource, Launch launch, Uri? health, IReadOnlyList<Resource> waitsFor, ResourceBoard board, ConsoleLog console, TimeProvider time)
    : IDisposable
{
    // Between the answers "not yet" and, from then on, "still": a start is to be noticed at once, an illness soon.
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LaterAgain = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _commands = new(1);
    private CancellationTokenSource _life = new();
    private Task _living = Task.CompletedTask;
    private ChildProcess? _child;
    private int _starts;
    private bool _over;

    public Resource Resource => resource;

    public IReadOnlyList<Resource> WaitsFor => waitsFor;

    /// <summary>Carries a command out. Whatever the process does now, it ends first.</summary>
    public async Task CarryOutAsync(ResourceCommand command, CancellationToken cancellationToken = default)
    {
        await _commands.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await EndLifeAsync().ConfigureAwait(false);
            if (command == ResourceCommand.Stop || _over) return;
            _life = new CancellationTokenSource();
            // A restart is of this process alone: what it needs was there, and may have been stopped on purpose since.
            _living = LiveAsync(waits: command == ResourceCommand.Start, _life.Token);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Stops it; no command starts it again.</summary>
    public Task StopForGoodAsync()
    {
        _over = true;
        return CarryOutAsync(ResourceCommand.Stop);
    }

    /// <summary>At once, for somebody who has lost patience with a stop.</summary>
    public void Kill() => _child?.Kill();

    public void Dispose()
    {
        _life.Dispose();
        _commands.Dispose();
    }

    private async Task EndLifeAsync()
    {
        await _life.CancelAsync().ConfigureAwait(false);
        await _living.ConfigureAwait(false);
        _life.Dispose();
        _life = new CancellationTokenSource();
    }

    private async Task LiveAsync(bool waits, CancellationToken life)
    {
        var backOff = new BackOff();
        try
        {
            if (waits) await WaitForOthersAsync(life).ConfigureAwait(false);
            while (true)
            {
                var since = time.GetTimestamp();
                var exitCode = await RunOnceAsync(life).ConfigureAwait(false);
                if (exitCode == 0)
                {
                    Say("ended by itself, and is not started again");
                    resource.Change(status => status with { State = ResourceState.Exited, Reason = null });
                    return;
                }
                var wait = backOff.Next(time.GetElapsedTime(since));
                var reason = string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}, again in {wait.TotalSeconds:0.#} s");
                Say($"crashed: {reason}");
                resource.Change(status => status with { State = ResourceState.Failed, Reason = reason });
                await Task.Delay(wait, time, life).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            resource.Change(status => status with { State = ResourceState.Stopped, Reason = null });
        }
    }

    private async Task WaitForOthersAsync(CancellationToken life)
    {
        while (true)
        {
            var seen = board.Changes.Value;
            var missing = waitsFor.Where(other => other.Status.State != ResourceState.Running).Select(other => other.Name).ToList();
            if (missing.Count == 0) return;
            resource.Change(status => status with { State = ResourceState.Waiting, Reason = $"waits for {string.Join(", ", missing)}" });
            await board.Changes.WaitAsync(seen, life).ConfigureAwait(false);
        }
    }

    /// <summary>One process, from its start to its end. Gives its exit code; null when there is no such program.</summary>
    /// <exception cref="OperationCanceledException">It was asked to end, and has.</exception>
    private async Task<int?> RunOnceAsync(CancellationToken life)
    {
        ChildProcess child;
        try
        {
            life.ThrowIfCancellationRequested();
            child = ChildProcess.Start(launch, Tell);
        }
        catch (Win32Exception error)
        {
            Say($"cannot be started: {error.Message}");
            return null;
        }
        using (_child = child)
        {
            _starts++;
            resource.Change(status => status with
            {
                State = ResourceState.Starting,
                Reason = null,
                Restarts = _starts - 1,
                ProcessId = child.Id,
                StartedAt = time.GetUtcNow(),
            });
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(life);
            var watch = WatchHealthAsync(watching.Token);
            int? exitCode = null;
            try
            {
                return exitCode = await child.WaitAsync(life).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                resource.Change(status => status with { State = ResourceState.Stopping, Reason = null });
                exitCode = await child.StopAsync(StartupHook.Patience, time).ConfigureAwait(false);
                throw;
            }
            finally
            {
                await watching.CancelAsync().ConfigureAwait(false);
                await watch.ConfigureAwait(false);
                _child = null;
                resource.Change(status => status with { ProcessId = null, StartedAt = null, ExitCode = exitCode });
            }
        }
    }

    private async Task WatchHealthAsync(CancellationToken watching)
    {
        try
        {
            using var probe = health is null ? null : new HealthProbe(health);
            for (var wasHealthy = false; ;)
            {
                var illness = probe is null ? null : await probe.AskAsync(watching).ConfigureAwait(false);
                if (illness is null && !wasHealthy) Say("is healthy");
                wasHealthy |= illness is null;
                Report(illness, wasHealthy);
                if (probe is null) return;
                await Task.Delay(wasHealthy && illness is null ? LaterAgain : SoonAgain, time, watching).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (watching.IsCancellationRequested)
        {
        }
    }

    // Not over a state that the process reached in the meantime.
    private void Report(string? illness, bool wasHealthy) => resource.Change(status =>
        status.State is not (ResourceState.Starting or ResourceState.Running or ResourceState.Unhealthy) ? status : status with
        {
            State = illness is null ? ResourceState.Running : wasHealthy ? ResourceState.Unhealthy : ResourceState.Starting,
            Reason = illness,
        });

    private void Tell(string text, bool isError) => Write(isError ? LogStream.Error : LogStream.Out, text);

    private void Say(string text) => Write(LogStream.Runner, text);

    private void Write(LogStream stream, string text)
    {
        resource.Log.Append(stream, text);
        console.Write(resource.Name, stream, text);
    }
}
