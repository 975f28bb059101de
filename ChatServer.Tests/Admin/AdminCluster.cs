using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

/// <summary>An Admin, its Redis and a simulated RoomHost.</summary>
public sealed class AdminCluster : ServiceCluster
{
    public const string Key = "first-key";
    public const string OtherKey = "second-key";

    public ServiceProcess Admin { get; private set; } = null!;

    protected override async Task StartAsync() => Admin = Own(await ServiceProcess.StartAsync(
        "ChatServer.Admin", "ADMIN_PORT",
        ("ADMIN_KEY", $"{Key},{OtherKey}"), ("ConnectionStrings__redis", Redis.ConnectionString),
        ("LOADBALANCERS", "http://localhost:2000")));

    public async Task<RoomRecord> CreateAsync(string name, RoomOptions? options = null) =>
        (await Backplane.Placement.CreateAsync(name, options ?? new RoomOptions(), TestContext.Current.CancellationToken))!.Value.Room;
}
