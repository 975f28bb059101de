using System.Globalization;
using ChatServer.Bench.Deployment;

namespace ChatServer.Bench.Drill.Deployments;

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
    /// <summary>Reads <c>roomhost-1=1234</c> or <c>roomhost-1=/run/roomhost-1.pid</c>.</summary>
    /// <exception cref="BenchException">The text has another form.</exception>
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

    public Task KillAsync(CancellationToken ct) => SendAsync(Signals.Kill, ct);

    public Task StopAsync(CancellationToken ct) => SendAsync(Signals.Stop, ct);

    public Task ContinueAsync(CancellationToken ct) => SendAsync(Signals.Continue, ct);

    public Task StartAgainAsync(CancellationToken ct) => Task.CompletedTask;

    private static BenchException InvalidArgument(string text) => new(
        $"--pid {text} is not like roomhost-1=1234 or roomhost-1=/run/roomhost-1.pid; names begin with "
            + $"{string.Join(", ", Enum.GetNames<ServerRole>()).ToLowerInvariant()}.");

    private async Task SendAsync(string signal, CancellationToken ct)
    {
        try
        {
            var text = Pid.All(char.IsAsciiDigit) ? Pid : (await File.ReadAllTextAsync(Pid, ct)).Trim();
            await Signals.SendAsync(int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), signal, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            throw new BenchException($"The process id of {Name} cannot be read from {Pid}: {e.Message}");
        }
    }
}
