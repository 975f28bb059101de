using ChatServer.Cli.Deployment;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>The deployment of a drill: a new one, or a running one.</summary>
internal interface IDeployment : IAsyncDisposable
{
    /// <summary>Creates the rooms and reads their logs.</summary>
    ApiClient Api { get; }

    /// <summary>Drains hosts and deletes the rooms; null if it is unknown.</summary>
    ApiClient? Admin { get; }

    /// <summary>The load balancers through which members join.</summary>
    IReadOnlyList<Uri> Balancers { get; }

    /// <summary>Processes for faults; empty if they are unknown.</summary>
    IReadOnlyList<IServerProcess> Processes(ServerRole role);

    /// <summary>The primary and the replica that the drill has started; null without a replica.</summary>
    RedisReplication? Replication => null;
}

/// <summary>Role of a process in a deployment.</summary>
internal enum ServerRole
{
    RoomHost,
    LoadBalancer,
    Api,
    Admin,
    Redis,
    Sentinel,
}

/// <summary>A process of a deployment, on this machine.</summary>
internal interface IServerProcess
{
    /// <summary>Its name; the host id of a RoomHost that the drill started.</summary>
    string Name { get; }

    /// <summary>Its current process id.</summary>
    Task<int> ReadIdAsync(CancellationToken ct);

    /// <summary>SIGKILL.</summary>
    Task KillAsync(CancellationToken ct);

    /// <summary>SIGTERM; waits until it has ended.</summary>
    /// <exception cref="CliException">It has not ended within a minute.</exception>
    Task TerminateAsync(CancellationToken ct);

    /// <summary>SIGSTOP: it stops with its sockets open.</summary>
    Task StopAsync(CancellationToken ct);

    /// <summary>SIGCONT.</summary>
    Task ContinueAsync(CancellationToken ct);

    /// <summary>
    /// Starts a killed process again and waits until it is ready. A process that the drill did not start is started by its supervisor:
    /// this waits until the file with its id names a running process, and has no effect without such a file.
    /// </summary>
    Task StartAgainAsync(CancellationToken ct);
}
