using System.Diagnostics;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Drill;

/// <summary>An injected fault that ends after a moment.</summary>
/// <param name="Name">Its name on the command line.</param>
internal abstract record Fault(string Name)
{
    /// <summary>All faults.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new KillFault("kill-roomhost", ServerRole.RoomHost) { KeepsConnections = true },
        new StopFault("stop-roomhost", ServerRole.RoomHost) { KeepsConnections = true },
        new KillFault("kill-loadbalancer", ServerRole.LoadBalancer),
        new KillFault("kill-api", ServerRole.Api) { KeepsConnections = true },
        new KillFault("restart-redis", ServerRole.Redis),
        new KillRedisMasterFault("kill-redis-master") { KeepsConnections = true },
        new DrainFault("drain") { KeepsConnections = true },
        new CutRelayFault("cut-relay") { KeepsConnections = true },
        new RollingUpdateFault("rolling-update"),
    ];

    /// <summary>Whether members at load balancers keep their connections: a new connection is then a defect.</summary>
    public bool KeepsConnections { get; init; }

    /// <summary>Most new connections of one member; more are a defect.</summary>
    public virtual int MaxReconnects => KeepsConnections ? 0 : int.MaxValue;

    /// <summary>The missing precondition; null if the deployment supports the fault.</summary>
    public abstract string? MissingRequirement(IDeployment deployment);

    /// <summary>Injects the fault and ends it.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="rooms">Names of the rooms of the drill.</param>
    /// <param name="number">Number of previous injections: selects the next of several processes.</param>
    /// <param name="ct">Cancels the injection.</param>
    public abstract Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct);
}

/// <summary>SIGKILL; the process is started again a moment later.</summary>
internal sealed record KillFault(string Name, ServerRole Role) : Fault(Name)
{
    /// <summary>Time until it is started again. One second, as a supervisor would: another process must take over its work.</summary>
    public TimeSpan DownTime { get; init; } = TimeSpan.FromSeconds(1);

    public override string? MissingRequirement(IDeployment deployment) => ProcessFaults.MissingRequirement(deployment, Role);

    public override async Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct)
    {
        var process = ProcessFaults.Choose(deployment, Role, number);
        await process.KillAsync(ct);
        await Task.Delay(DownTime, ct);
        await process.StartAgainAsync(ct);
    }
}

/// <summary>SIGSTOP for ten seconds, six times a lease: the process continues after others took over its work.</summary>
internal sealed record StopFault(string Name, ServerRole Role) : Fault(Name)
{
    private static readonly TimeSpan StoppedTime = TimeSpan.FromSeconds(10);

    public override string? MissingRequirement(IDeployment deployment) => ProcessFaults.MissingRequirement(deployment, Role);

    public override async Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct)
    {
        var process = ProcessFaults.Choose(deployment, Role, number);
        await process.StopAsync(ct);
        try
        {
            await Task.Delay(StoppedTime, ct);
        }
        finally
        {
            await process.ContinueAsync(CancellationToken.None);
        }
    }
}

/// <summary>Drains the host with the most rooms until it has none, and then ends the draining.</summary>
internal sealed record DrainFault(string Name) : Fault(Name)
{
    private const string Up = "up";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Time limit for a second live host: an earlier fault may have killed it.</summary>
    public TimeSpan HostTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public override string? MissingRequirement(IDeployment deployment) =>
        deployment.Admin is null ? "an Admin: --admin and --admin-key" : null;

    public override async Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct)
    {
        var admin = deployment.Admin!;
        var host = await ChooseHostAsync(admin, ct);
        await admin.DrainAsync(host, ct);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(DrainTimeout);
            // The host reports the number of its rooms with the next renewal of its lease.
            while ((await admin.LoadAsync(deadline.Token)).Hosts.FirstOrDefault(h => h.Id == host) is { Rooms: > 0 })
                await Task.Delay(PollInterval, deadline.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CliException($"{host} still has rooms {DrainTimeout.TotalSeconds} s after the drain order.");
        }
        finally
        {
            await admin.ResumeAsync(host, CancellationToken.None);
        }
    }

    private async Task<string> ChooseHostAsync(ApiClient admin, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var hosts = (await admin.LoadAsync(ct)).Hosts.Where(h => h.State == Up).ToList();
            if (hosts.Count >= 2)
                return hosts.MaxBy(h => h.Rooms)!.Id;
            if (watch.Elapsed >= HostTimeout)
                throw new CliException($"{Name} needs a second live host: after {HostTimeout.TotalSeconds} s there are {hosts.Count}.");
            await Task.Delay(PollInterval, ct);
        }
    }
}

/// <summary>Processes that a fault affects.</summary>
internal static class ProcessFaults
{
    public static string? MissingRequirement(IDeployment deployment, ServerRole role) =>
        deployment.Processes(role).Count == 0 ? $"the process: --pid {$"{role}".ToLowerInvariant()}-1=…" : null;

    public static IServerProcess Choose(IDeployment deployment, ServerRole role, int number)
    {
        var processes = deployment.Processes(role);
        return processes[number % processes.Count];
    }
}
