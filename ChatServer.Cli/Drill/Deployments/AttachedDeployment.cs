using System.Diagnostics;
using System.Globalization;
using ChatServer.Cli.Deployment;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>A running deployment. Its own supervisor restarts the processes that a fault kills.</summary>
internal sealed class AttachedDeployment(ApiClient api, ApiClient? admin, IReadOnlyList<Uri> balancers,
    IReadOnlyList<AttachedProcess> processes) : IDeployment
{
    public ApiClient Api => api;

    public ApiClient? Admin => admin;

    public IReadOnlyList<Uri> Balancers => balancers;

    public IReadOnlyList<IServerProcess> Processes(ServerRole role) => [.. processes.Where(p => p.Role == role)];

    public ValueTask DisposeAsync()
    {
        api.Dispose();
        admin?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A process on this machine that the drill did not start.</summary>
/// <param name="Role">Its role.</param>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Pid">Its id, or a file that contains the current id.</param>
internal sealed record AttachedProcess(ServerRole Role, string Name, string Pid) : IServerProcess
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private int _killedId;

    private bool IsFixedId => Pid.All(char.IsAsciiDigit);

    /// <summary>Reads <c>roomhost-1=1234</c> or <c>roomhost-1=/run/roomhost-1.pid</c>.</summary>
    /// <exception cref="CliException">The text has another form.</exception>
    public static AttachedProcess Parse(string text)
    {
        var (name, pid) = text.Split('=', 2) is [var left, { Length: > 0 } right] ? (left, right) : throw InvalidArgument(text);
        foreach (var role in Enum.GetValues<ServerRole>())
        {
            if (name.StartsWith($"{role}", StringComparison.OrdinalIgnoreCase))
                return new AttachedProcess(role, name, pid);
        }
        throw InvalidArgument(text);
    }

    /// <summary>Time limit for the supervisor to start the process again.</summary>
    public TimeSpan RestartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public async Task<int> ReadIdAsync(CancellationToken ct)
    {
        try
        {
            var text = IsFixedId ? Pid : (await File.ReadAllTextAsync(Pid, ct)).Trim();
            return int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            throw new CliException($"The process id of {Name} cannot be read from {Pid}: {e.Message}");
        }
    }

    public async Task KillAsync(CancellationToken ct)
    {
        _killedId = await ReadIdAsync(ct);
        await Signals.SendAsync(_killedId, Signals.Kill, ct);
    }

    public async Task TerminateAsync(CancellationToken ct)
    {
        _killedId = await ReadIdAsync(ct);
        await Signals.SendAsync(_killedId, Signals.Terminate, ct);
        for (var watch = Stopwatch.StartNew(); Exists(_killedId);)
        {
            if (watch.Elapsed >= Signals.TerminateTimeout)
                throw new CliException($"{Name} has not ended {Signals.TerminateTimeout.TotalSeconds} s after SIGTERM.");
            await Task.Delay(PollInterval, ct);
        }
    }

    public Task StopAsync(CancellationToken ct) => SendAsync(Signals.Stop, ct);

    public Task ContinueAsync(CancellationToken ct) => SendAsync(Signals.Continue, ct);

    public async Task StartAgainAsync(CancellationToken ct)
    {
        if (IsFixedId)
            return;
        for (var watch = Stopwatch.StartNew(); !await IsRunningAsync(ct);)
        {
            if (watch.Elapsed >= RestartTimeout)
                throw new CliException($"{Name} was not started again within {RestartTimeout.TotalSeconds} s: see {Pid}.");
            await Task.Delay(PollInterval, ct);
        }
    }

    private static CliException InvalidArgument(string text) => new(
        $"--pid {text} is not like roomhost-1=1234 or roomhost-1=/run/roomhost-1.pid; names begin with "
            + $"{string.Join(", ", Enum.GetNames<ServerRole>()).ToLowerInvariant()}.");

    private async Task SendAsync(string signal, CancellationToken ct) => await Signals.SendAsync(await ReadIdAsync(ct), signal, ct);

    // The file has the id of the killed process until the supervisor replaces it.
    private async Task<bool> IsRunningAsync(CancellationToken ct)
    {
        try
        {
            var id = await ReadIdAsync(ct);
            return id != _killedId && Exists(id);
        }
        catch (CliException)
        {
            return false;
        }
    }

    private static bool Exists(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
