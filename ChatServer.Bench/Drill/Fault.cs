using ChatServer.Bench.Drill.Deployments;

namespace ChatServer.Bench.Drill;

/// <summary>Something that goes wrong on purpose, and is over a moment later.</summary>
/// <param name="Name">By which a user asks for it.</param>
internal abstract record Fault(string Name)
{
    /// <summary>All that there are.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new KillFault("kill-roomhost", ServerRole.RoomHost),
        new StopFault("stop-roomhost", ServerRole.RoomHost),
        new KillFault("kill-loadbalancer", ServerRole.LoadBalancer),
        new KillFault("kill-api", ServerRole.Api),
        new KillFault("restart-redis", ServerRole.Redis),
        new DrainFault("drain"),
    ];

    /// <summary>What a deployment lacks for it; null: nothing.</summary>
    public abstract string? MissingRequirement(IDeployment deployment);

    /// <summary>Does it, and undoes it.</summary>
    /// <param name="deployment">To what.</param>
    /// <param name="number">How often it was done before: where there are several of a kind, it is the next one's turn.</param>
    /// <param name="ct">Ends it, done or not.</param>
    public abstract Task InjectAsync(IDeployment deployment, int number, CancellationToken ct);
}

/// <summary>SIGKILL; the process is started again a moment later.</summary>
internal sealed record KillFault(string Name, ServerRole Role) : Fault(Name)
{
    // As a supervisor would. Long enough that somebody else must do its work.
    private static readonly TimeSpan DownTime = TimeSpan.FromSeconds(1);

    public override string? MissingRequirement(IDeployment deployment) => ProcessFaults.MissingRequirement(deployment, Role);

    public override async Task InjectAsync(IDeployment deployment, int number, CancellationToken ct)
    {
        var process = ProcessFaults.Choose(deployment, Role, number);
        await process.KillAsync(ct);
        await Task.Delay(DownTime, ct);
        await process.StartAgainAsync(ct);
    }
}

/// <summary>SIGSTOP for ten seconds, six times a lease: it wakes up when others do its work, and does not know.</summary>
internal sealed record StopFault(string Name, ServerRole Role) : Fault(Name)
{
    private static readonly TimeSpan StoppedTime = TimeSpan.FromSeconds(10);

    public override string? MissingRequirement(IDeployment deployment) => ProcessFaults.MissingRequirement(deployment, Role);

    public override async Task InjectAsync(IDeployment deployment, int number, CancellationToken ct)
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

/// <summary>The host with the most rooms is drained until it has none, and then taken into service again.</summary>
internal sealed record DrainFault(string Name) : Fault(Name)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public override string? MissingRequirement(IDeployment deployment) =>
        deployment.Admin is null ? "an Admin: --admin and --admin-key" : null;

    public override async Task InjectAsync(IDeployment deployment, int number, CancellationToken ct)
    {
        var admin = deployment.Admin!;
        var hosts = (await admin.LoadAsync(ct)).Hosts;
        if (hosts.Count < 2)
            throw new BenchException($"{Name} needs a second live host: there are {hosts.Count}.");
        var host = hosts.MaxBy(h => h.Rooms)!.Id;
        await admin.DrainAsync(host, ct);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(DrainTimeout);
            // Where another one has none, it is empty when it tells so with its next renewal.
            while ((await admin.LoadAsync(patience.Token)).Hosts.FirstOrDefault(h => h.Id == host) is { Rooms: > 0 })
                await Task.Delay(Pause, patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new BenchException($"{host} still has rooms {DrainTimeout.TotalSeconds} s after the drain order.");
        }
        finally
        {
            await admin.ResumeAsync(host, CancellationToken.None);
        }
    }
}

/// <summary>What faults of processes have in common.</summary>
file static class ProcessFaults
{
    public static string? MissingRequirement(IDeployment deployment, ServerRole role) =>
        deployment.Processes(role).Count == 0 ? $"the process: --pid {$"{role}".ToLowerInvariant()}-1=…" : null;

    public static IServerProcess Choose(IDeployment deployment, ServerRole role, int number)
    {
        var processes = deployment.Processes(role);
        return processes[number % processes.Count];
    }
}
