using ChatServer.Contracts;
using ChatServer.RoomHost;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Tests that hold for both durabilities. Each derived class selects one.</summary>
/// <param name="redis">Null for <c>durability: memory</c>.</param>
public abstract class RoomSpecification(RoomRedis? redis) : IAsyncLifetime
{
    private readonly List<RoomsHost> _hosts = [];

    protected RoomRedis? Redis => redis;

    /// <summary>Whether members join through a load balancer, instead of at the room's port.</summary>
    protected virtual bool JoinsThroughLoadBalancer => false;

    public virtual ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a room on a new host.</summary>
    private protected async Task<OpenRoom> OpenAsync(RoomOptions? options = null, RoomHostOptions? host = null, TimeProvider? time = null)
    {
        var started = await RoomsHost.StartAsync(host, time, redis);
        _hosts.Add(started);
        return await started.OpenAsync(options, redis, JoinsThroughLoadBalancer);
    }
}
