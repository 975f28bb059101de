using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>Command of a process, and its readiness check.</summary>
/// <param name="Role">Its role.</param>
/// <param name="Name">Its name in messages, and of its log file.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Environment">Its settings; null removes a variable.</param>
/// <param name="IsReadyAsync">Checks once; may throw exceptions of sockets and HTTP.</param>
internal sealed record ProcessPlan(
    ServerRole Role, string Name, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string?> Environment,
    Func<CancellationToken, Task<bool>> IsReadyAsync);

/// <summary>
/// A process that the drill started. It ends with this process in any case: a shell reads a pipe from this process and kills it at the
/// end of the pipe. Its output goes to a file in <paramref name="folder"/>.
/// </summary>
internal sealed class LaunchedProcess(ProcessPlan plan, string folder) : IServerProcess, IAsyncDisposable
{
    // Many processes start at the same time and compile their code.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ReadinessPollInterval = TimeSpan.FromMilliseconds(50);

    private Process? _process;
    private Process? _guard;

    public ServerRole Role => plan.Role;

    public string Name => plan.Name;

    private string LogFile => Path.Combine(folder, $"{Name}.log");

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="CliException">It ended, or was not ready within a minute.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        _process = Launch(["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, .. plan.Command]);
        _guard = Launch(
            ["-c", "cat >/dev/null; kill -KILL \"$0\" 2>/dev/null", _process.Id.ToString(CultureInfo.InvariantCulture)], isGuard: true);
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(ct))
        {
            if (_process.HasExited)
                throw new CliException($"{Name} ended with {_process.ExitCode}: {LastLine()}");
            if (Stopwatch.GetElapsedTime(started) > StartTimeout)
                throw new CliException($"{Name} is not ready after {StartTimeout.TotalSeconds} s: {LastLine()}");
            await Task.Delay(ReadinessPollInterval, ct);
        }
    }

    public Task<int> ReadIdAsync(CancellationToken ct) => Task.FromResult(Running.Id);

    public async Task KillAsync(CancellationToken ct)
    {
        await SendAsync(Signals.Kill, ct);
        await _process!.WaitForExitAsync(ct);
    }

    public async Task TerminateAsync(CancellationToken ct)
    {
        await SendAsync(Signals.Terminate, ct);
        try
        {
            await _process!.WaitForExitAsync(ct).WaitAsync(Signals.TerminateTimeout, ct);
        }
        catch (TimeoutException)
        {
            throw new CliException($"{Name} has not ended {Signals.TerminateTimeout.TotalSeconds} s after SIGTERM.");
        }
    }

    public Task StopAsync(CancellationToken ct) => SendAsync(Signals.Stop, ct);

    public Task ContinueAsync(CancellationToken ct) => SendAsync(Signals.Continue, ct);

    public async Task StartAgainAsync(CancellationToken ct)
    {
        await DisposeAsync();
        await StartAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _process, _guard })
        {
            if (process is null)
                continue;
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        (_process, _guard) = (null, null);
    }

    private Process Running => _process is { HasExited: false } process
        ? process
        : throw new CliException($"{Name} exited unexpectedly: {LastLine()}");

    private Task SendAsync(string signal, CancellationToken ct) => Signals.SendAsync(Running.Id, signal, ct);

    private async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            return await plan.IsReadyAsync(ct);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    private Process Launch(IEnumerable<string> arguments, bool isGuard = false)
    {
        var start = new ProcessStartInfo("/bin/sh", arguments) { RedirectStandardInput = isGuard };
        if (!isGuard)
        {
            foreach (var (name, value) in plan.Environment)
                start.Environment[name] = value;
        }
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CliException($"A deployment of its own needs /bin/sh: {e.Message}");
        }
    }

    private string LastLine()
    {
        try
        {
            return File.ReadLines(LogFile).LastOrDefault(line => line.Length > 0) ?? "it wrote nothing.";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
