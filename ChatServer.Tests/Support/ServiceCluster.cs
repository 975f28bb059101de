using ChatServer.Tests.Backplane;

namespace ChatServer.Tests.Support;

/// <summary>
/// The environment of an Api or Admin: a Redis and a simulated RoomHost without sockets. The simulated host uses the Backplane as a
/// RoomHost does; the test selects its answers.
/// </summary>
public abstract class ServiceCluster : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _started = [];

    public RedisServer Redis { get; } = RedisServer.Preferred();

    /// <summary>The Backplane of the test.</summary>
    public BackplaneProcess Backplane { get; private set; } = null!;

    public FakeHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Redis.StartAsync();
        Own(Redis);
        Backplane = Own(new BackplaneProcess(Redis.ConnectionString));
        Host = await StartHostAsync("host-1");
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the service under test.</summary>
    protected abstract Task StartAsync();

    /// <summary>Starts another simulated host with its own connections.</summary>
    public async Task<FakeHost> StartHostAsync(string id, int capacity = 1000)
    {
        var host = Own(new FakeHost(Own(new BackplaneProcess(Redis.ConnectionString)), id, capacity));
        await host.StartAsync();
        return host;
    }

    /// <summary>Registers an object for disposal with the cluster, and returns it.</summary>
    public T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
