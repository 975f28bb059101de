namespace ChatServer.Cli.Drill.Deployments;

/// <summary>One server: <c>redis-server</c>, or the embedded one.</summary>
/// <param name="installed">Path of <c>redis-server</c>; null: the embedded one.</param>
/// <param name="embedded">Returns the command of the embedded one, or throws if it is not published.</param>
/// <param name="folder">Folder of the data.</param>
/// <param name="port">Its port.</param>
internal sealed class SingleRedisPlan(string? installed, Func<IReadOnlyList<string>> embedded, string folder, int port) : IRedisPlan
{
    public string ConnectionString => $"127.0.0.1:{port}";

    public IReadOnlyList<ProcessPlan> ProcessPlans(EnvironmentOf environment, Func<int, CancellationToken, Task<bool>> pingAsync)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "redis")).FullName;
        return
        [
            installed is null
                ? new(ServerRole.Redis, "redis", embedded(), environment(("PORT", $"{port}"), ("REDIS_DATA", data)), PingAsync)
                : new(
                    ServerRole.Redis,
                    "redis",
                    [installed, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", data, "--save", "", "--appendonly", "yes",
                        "--appendfsync", "always"],
                    environment(),
                    PingAsync),
        ];

        Task<bool> PingAsync(CancellationToken ct) => pingAsync(port, ct);
    }

    public Task FormAsync(CancellationToken ct) => Task.CompletedTask;
}
