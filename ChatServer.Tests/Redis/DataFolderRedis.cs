using ChatServer.Tests.Support;

namespace ChatServer.Tests.Redis;

/// <summary>The embedded Redis with its data in a temporary folder.</summary>
internal sealed class DataFolderRedis : RedisServer, IAsyncDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("chatserver-redis-").FullName;

    protected override ServerProcess Launch() => EmbeddedRedisProcess.Start(("PORT", $"{Port}"), ("REDIS_DATA", Folder));

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>ChatServer.Redis as a process, with only the given variables.</summary>
internal static class EmbeddedRedisProcess
{
    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/ChatServer.Redis/bin/Debug/net10.0/
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.Redis", StringComparison.Ordinal), "ChatServer.Redis.dll");

    public static ServerProcess Start(params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string?> { ["PORT"] = null, ["BIND"] = null, ["REDIS_DATA"] = null };
        foreach (var (name, value) in variables)
            environment[name] = value;
        return ServerProcess.Start("dotnet", [Program], environment);
    }
}
