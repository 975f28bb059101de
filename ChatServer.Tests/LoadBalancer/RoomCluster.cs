using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>A Redis, its directory, and rooms with simulated hosts.</summary>
public sealed class RoomCluster : IAsyncLifetime
{
    private const string HostId = "host-1";
    private readonly List<IAsyncDisposable> _started = [];

    public RedisServer Redis { get; } = RedisServer.Preferred();

    public BackplaneProcess Backplane { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Own(Redis).StartAsync();
        Backplane = Own(new BackplaneProcess(Redis.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    public async Task<RunningLoadBalancer> LoadBalancerAsync(TimeProvider? time = null, params (string Name, string Value)[] settings) =>
        Own(await RunningLoadBalancer.StartAsync(Redis.ConnectionString, time, settings));

    /// <summary>Opens a room and adds it to the directory.</summary>
    public async Task<FakeRoom> RoomAsync(string name, string? announce = null)
    {
        var room = Own(await FakeRoom.StartAsync(announce ?? name));
        await OpenAsync(name, room.Port);
        return room;
    }

    /// <summary>Creates the room in the directory, or moves it with a claim, as a host does at a takeover.</summary>
    public async Task OpenAsync(string name, int port, string address = "127.0.0.1")
    {
        var creation = CreateAsync(name);
        await Eventually.Async<RoomClaim?>(
            () => Backplane.Ownership.ClaimAsync(name, HostId, address, port, newEpoch: false), claimed => claimed is not null);
        await Backplane.Ownership.PublishOpenAsync(name);
        await creation;
    }

    /// <summary>Creates the room and waits until it is open.</summary>
    public async Task CreateAsync(string name)
    {
        await RenewLeaseAsync(HostId);
        await Backplane.Placement.CreateAsync(name, new RoomOptions(), TestContext.Current.CancellationToken);
    }

    /// <summary>Renews the lease of a host.</summary>
    public async Task RenewLeaseAsync(string id) =>
        await Backplane.Lease.RenewAsync(new HostRecord
        {
            Id = id,
            Address = "127.0.0.1",
            Rooms = 0,
            Capacity = 1000,
            Connections = 0,
            MessagesPerSecond = 0,
            Cpu = 0,
            Memory = 0,
            State = HostRecord.Up,
            Version = "1.0.0",
            LastSeen = DateTimeOffset.UtcNow,
        });

    public T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
