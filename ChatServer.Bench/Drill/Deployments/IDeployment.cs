using ChatServer.Bench.Deployment;

namespace ChatServer.Bench.Drill.Deployments;

/// <summary>What is drilled: one that we started ourselves, or one that runs already.</summary>
internal interface IDeployment : IAsyncDisposable
{
    /// <summary>Makes the rooms and tells their logs.</summary>
    ApiClient Api { get; }

    /// <summary>Drains hosts and deletes the rooms; null: there is none that we know.</summary>
    ApiClient? Admin { get; }

    /// <summary>The load balancers, through which members come.</summary>
    IReadOnlyList<Uri> Balancers { get; }

    /// <summary>Processes that a fault may strike; empty where we know of none.</summary>
    IReadOnlyList<IServerProcess> Processes(ServerRole role);
}

/// <summary>What a process of a deployment is there for.</summary>
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
    /// <summary>In the words of who started it; of a RoomHost that we started, its id.</summary>
    string Name { get; }

    /// <summary>SIGKILL.</summary>
    Task KillAsync(CancellationToken ct);

    /// <summary>SIGSTOP: it stands still with its sockets open.</summary>
    Task StopAsync(CancellationToken ct);

    /// <summary>SIGCONT.</summary>
    Task ContinueAsync(CancellationToken ct);

    /// <summary>After it was killed: it is there again, and ready. Whoever did not start it waits for nothing.</summary>
    Task StartAgainAsync(CancellationToken ct);
}
