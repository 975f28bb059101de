using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The Redis of a test class, which holds the logs of rooms, and the fake host to which these rooms are assigned.</summary>
public sealed class RoomRedis : IAsyncLifetime
{
    private BackplaneProcess _process = null!;
    private FakeHost _host = null!;

    /// <summary>Either kind of Redis, because the tests of the Backplane cover both.</summary>
    public RedisServer Server { get; } = RedisServer.Preferred();

    public RoomLog Log => _process.Log;

    public RelaySecret RelaySecret => new(_process.Connection, TimeProvider.System);

    public RoomOwnership Ownership => _process.Ownership;

    public async ValueTask InitializeAsync()
    {
        await Server.StartAsync();
        _process = new BackplaneProcess(Server.ConnectionString);
        _host = new FakeHost(_process, "host-1", 10_000);
        await _host.StartAsync();
    }

    /// <summary>Creates a room, and returns its record after the fake host has claimed it.</summary>
    public async Task<RoomRecord> CreateAsync(string name, RoomOptions options)
    {
        Assert.NotNull(await _process.Placement.CreateAsync(name, options, TestContext.Current.CancellationToken));
        return await Eventually.Async(() => _host.Open.GetValueOrDefault(name)!, record => record is not null);
    }

    /// <summary>Claims a room again, which fences the previous claim.</summary>
    public async Task<RoomClaim> ClaimAsync(string name, int port, bool newEpoch = false) =>
        (await _process.Ownership.ClaimAsync(name, _host.Id, "127.0.0.1", port, newEpoch))!;

    /// <summary>Reads up to 10,000 events of the room's log.</summary>
    public async Task<LogPage> ReadAsync(string name) => (await _process.Log.ReadAfterAsync(name, 0, 10_000))!;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        if (_process is not null)
            await _process.DisposeAsync();
        await Server.DisposeAsync();
    }
}
