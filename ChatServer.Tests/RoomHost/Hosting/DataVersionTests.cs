using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A RoomHost with records and commands that a newer version wrote.</summary>
public sealed class DataVersionTests : HostCluster
{
    [Fact]
    public async Task Host_leaves_a_room_of_a_newer_version_to_others_and_serves_its_own()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("newer");
        await host.Process.KillAsync();
        await RawAsync(db => db.HashSetAsync(RedisNames.Room("newer"), "version", DataVersion.Current + 1));

        await StartHostAsync();

        var refused = await Eventually.Async(() => Api.Rooms.FindAsync("newer"), record => record?.State == RoomState.Refused);
        Assert.Equal((room.Epoch, DataVersion.Current + 1), (refused!.Epoch, refused.Version));
        var member = await JoinAsync((await CreateAsync("own")).Port);
        Assert.Equal(1, (await member.SayAsync("one")).Seq);
    }

    [Theory]
    [InlineData("applaud")]
    [InlineData("members")]
    public async Task Host_refuses_a_command_of_a_newer_version_at_once(string kind)
    {
        await StartHostAsync();
        await CreateAsync("lobby");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var replies = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(RedisNames.ReplyChannel("a newer Api")));
        await redis.GetDatabase().PublishAsync(
            RedisChannel.Literal(RedisNames.HostChannel("host-1")), $$"""c {"kind":"{{kind}}","room":"lobby","id":"1","replyTo":"a newer Api","version":2}""");

        var reply = JsonElement.Parse((string)(await replies.ReadAsync(Cancelled)).Message!);
        Assert.Equal(("refused", "1", ErrorCodes.RoomUnavailable),
            (reply.GetProperty("kind").GetString(), reply.GetProperty("id").GetString(), reply.GetProperty("code").GetString()));
    }
}
