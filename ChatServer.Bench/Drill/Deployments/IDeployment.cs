using ChatServer.Bench.Deployment;

namespace ChatServer.Bench.Drill.Deployments;

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
}

/// <summary>Role of a process in a deployment.</summary>
internal enum ServerRole
{
    RoomHost,
    LoadBalancer,
    Api,
    Admin,
    Redis,
}

/// <summary>A process of a deployment, on this machine.</summary>
internal interface IServerProcess
{
    /// <summary>Its name; the host id of a RoomHost that the drill started.</summary>
    string Name { get; }

    /// <summary>SIGKILL.</summary>
    Task KillAsync(CancellationToken ct);

    /// <summary>SIGSTOP: it stops with its sockets open.</summary>
    Task StopAsync(CancellationToken ct);

    /// <summary>SIGCONT.</summary>
    Task ContinueAsync(CancellationToken ct);

    /// <summary>
    /// Starts a killed process again and waits until it is ready. Has no effect on a process that the drill did not start.
    /// </summary>
    Task StartAgainAsync(CancellationToken ct);
}
