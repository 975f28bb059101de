namespace ChatServer.Cli.Drill.Deployments;

/// <summary>
/// The Redis servers of a deployment that the drill starts. A response means that the write is on disk: the drill tests ChatServer, not the
/// loss of data in Redis.
/// </summary>
internal interface IRedisPlan
{
    /// <summary>The connection string of the services.</summary>
    string ConnectionString { get; }

    /// <summary>The processes, which start together.</summary>
    /// <param name="environment">The settings of a process, in addition to those that it needs itself.</param>
    /// <param name="pingAsync">Whether the server at a port answers.</param>
    IReadOnlyList<ProcessPlan> ProcessPlans(EnvironmentOf environment, Func<int, CancellationToken, Task<bool>> pingAsync);

    /// <summary>Connects the started servers to each other.</summary>
    /// <exception cref="CliException">It failed.</exception>
    Task FormAsync(CancellationToken ct);
}

/// <summary>The environment of a process; null removes a variable.</summary>
/// <param name="settings">Settings of this process.</param>
internal delegate IReadOnlyDictionary<string, string?> EnvironmentOf(params IEnumerable<(string Name, string? Value)> settings);
