using ChatServer.Contracts;
using ChatServer.RoomHost;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Runs on rooms whose log is in Redis, and on rooms whose log is their memory; the classes below it say which.</summary>
/// <param name="redis">Null: memory.</param>
public abstract class RoomSpecification(RoomRedis? redis) : IAsyncLifetime
{
    private readonly List<RoomsHost> _hosts = [];

    protected RoomRedis? Redis => redis;

    public virtual ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An open room on a host of its own.</summary>
    private protected async Task<OpenRoom> OpenAsync(RoomOptions? options = null, RoomHostOptions? host = null, TimeProvider? time = null)
    {
        var started = await RoomsHost.StartAsync(host, time);
        _hosts.Add(started);
        return await started.OpenAsync(options, redis);
    }
}
