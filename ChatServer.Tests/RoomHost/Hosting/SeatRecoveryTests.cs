using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>When a room changes hosts, its members keep their names and see no presence events.</summary>
public sealed class SeatRecoveryTests : HostCluster
{
    [Theory]
    [InlineData(Durability.Redis)]
    [InlineData(Durability.Memory)]
    public async Task Names_and_presence_survive_a_kill(Durability durability)
    {
        var host = await StartHostAsync();
        var before = await GatherAsync(durability);
        await StartHostAsync("host-2");

        await host.Process.KillAsync();

        await NobodyNoticesAsync(before);
    }

    [Fact]
    public async Task Names_and_presence_survive_a_drain()
    {
        await StartHostAsync();
        var before = await GatherAsync();
        await StartHostAsync("host-2");

        Assert.True(await Api.Drain.OrderAsync("host-1"));

        await NobodyNoticesAsync(before);
    }

    [Fact]
    public async Task Names_and_presence_survive_a_restart_of_the_only_host()
    {
        var host = await StartHostAsync();
        var before = await GatherAsync();

        await host.Process.StopAsync();
        await StartHostAsync();

        await NobodyNoticesAsync(before);
    }

    [Fact]
    public async Task Names_and_presence_survive_Redis_data_loss()
    {
        await StartHostAsync();
        var before = await GatherAsync();

        await Redis.KillAsync();
        await Redis.StartAsync();

        await NobodyNoticesAsync(before);
    }

    [Fact]
    public async Task Names_and_presence_survive_a_Redis_rollback()
    {
        await StartHostAsync();
        var before = await GatherAsync();
        await before[0].SayAsync("lost");
        await RawAsync(async db =>
        {
            await db.HashDeleteAsync(RedisNames.RoomSeats("lobby"), MemberIdentity.HashOf(before[1].Session));
            await db.ListRightPopAsync(RedisNames.RoomLog("lobby"));
            await db.HashSetAsync(RedisNames.Room("lobby"), "seq", 0);
        });

        await before[0].SendAsync(new { type = "message", id = "noticed", text = "noticed" });

        await NobodyNoticesAsync(before);
    }

    [Fact]
    public async Task Unsaved_seat_is_logged_and_saved_later()
    {
        var host = await StartHostAsync("host-1", ("Logging__LogLevel__Default", "Error"));
        var room = await CreateAsync("lobby");
        await JoinAsync(room.Port, "user=ann");
        await SavedAsync(1);
        await RawAsync(async db =>
        {
            await db.KeyDeleteAsync(RedisNames.RoomSeats("lobby"));
            await db.StringSetAsync(RedisNames.RoomSeats("lobby"), "something else");
        });

        await JoinAsync(room.Port, "user=bob");
        await Eventually.Async(() => host.Process.Output, output =>
            output.Contains("Saving the seats of room lobby failed", StringComparison.Ordinal));
        await RawAsync(db => db.KeyDeleteAsync(RedisNames.RoomSeats("lobby")));

        await SavedAsync(1);
    }

    [Fact]
    public async Task Member_that_does_not_return_after_a_kill_has_left()
    {
        var host = await StartHostAsync();
        var before = await GatherAsync();
        await StartHostAsync("host-2");
        await host.Process.KillAsync();

        var ann = await BackAsync(before[2]);

        Assert.Equal(["ann", "bob", "bob-2"], ann.Welcome.List("members").Order());
        var presence = await ann.NextAsync("presence");
        Assert.Equal((1, 0), (presence.Json.GetProperty("count").GetInt32(), presence.List("joined").Length));
        Assert.Equal(["bob", "bob-2"], presence.List("left").Order());
        Assert.Equal("bob", (await RejoinAsync("lobby", "user=bob")).User);
    }

    [Fact]
    public async Task Seats_are_empty_after_a_full_shutdown()
    {
        var host = await StartHostAsync();
        await GatherAsync();
        await Api.Shutdown.OrderAsync();
        await Eventually.Async(() => host.Process.HasExited);

        await StartHostAsync("host-1");

        Assert.Equal(["ann"], (await RejoinAsync("lobby", "user=ann")).Welcome.List("members"));
    }

    // Two members that request the same name, and an observer.
    private async Task<RoomClient[]> GatherAsync(Durability durability = Durability.Redis)
    {
        var room = await CreateAsync("lobby", Defaults with { Durability = durability });
        RoomClient[] members =
        [
            await JoinAsync(room.Port, "user=bob"), await JoinAsync(room.Port, "user=bob"), await JoinAsync(room.Port, "user=ann"),
        ];
        Assert.Equal(["bob", "bob-2", "ann"], members.Select(member => member.User));
        await SavedAsync(members.Length);
        return members;
    }

    private Task SavedAsync(int seats) =>
        RawAsync(db => Eventually.Async(() => db.HashLengthAsync(RedisNames.RoomSeats("lobby")), saved => saved == seats));

    // The members return in the reverse order.
    private async Task NobodyNoticesAsync(RoomClient[] before)
    {
        await Task.WhenAll(before.Select(member => member.ClosedAsync()));
        var back = new List<RoomClient>();
        foreach (var member in before.Reverse())
            back.Add(await BackAsync(member));

        Assert.Equal(["ann", "bob-2", "bob"], back.Select(member => member.User));
        Assert.All(back, member => Assert.Equal(["ann", "bob", "bob-2"], member.Welcome.List("members").Order()));
        await RejoinAsync("lobby", "user=dora");
        var presence = await back[0].NextAsync("presence");
        Assert.Equal(4, presence.Json.GetProperty("count").GetInt32());
        Assert.Equal(["dora"], presence.List("joined"));
        Assert.Empty(presence.List("left"));
    }

    private Task<RoomClient> BackAsync(RoomClient member) =>
        RejoinAsync("lobby", $"user={member.User.Split('-')[0]}&session={member.Session}&since={member.Since}");
}
