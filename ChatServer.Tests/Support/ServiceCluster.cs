using ChatServer.Tests.Backplane;

namespace ChatServer.Tests.Support;

/// <summary>
/// What an Api or Admin needs around it: a Redis, and a RoomHost without sockets that we play through the Backplane's own side for
/// hosts, so that a test decides what it answers.
/// </summary>
public abstract class ServiceCluster : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _started = [];

    public RedisServer Redis { get; } = RedisServer.Preferred();

    /// <summary>We, as a process of the cluster.</summary>
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

    /// <summary>Starts what is tested.</summary>
    protected abstract Task StartAsync();

    /// <summary>One more host, of a process of its own.</summary>
    public async Task<FakeHost> StartHostAsync(string id, int capacity = 1000)
    {
        var host = Own(new FakeHost(Own(new BackplaneProcess(Redis.ConnectionString)), id, capacity));
        await host.StartAsync();
        return host;
    }

    public T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
