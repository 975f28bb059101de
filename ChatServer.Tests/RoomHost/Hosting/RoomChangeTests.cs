using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A RoomHost applies changed options to its open rooms.</summary>
public sealed class RoomChangeTests : HostCluster
{
    /// <summary>The limit of the contract.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Changed_options_apply_within_a_second_and_after_a_restart_of_the_host()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var ann = await JoinAsync(room.Port);

        await Api.OptionsWriter.ChangeAsync("lobby", options => options with { Title = "Tea" }, Cancelled);

        Assert.Equal("Tea", (await ann.NextAsync("room").WaitAsync(Limit, Cancelled))["title"]);
        await host.Process.KillAsync();
        await StartHostAsync();
        Assert.Equal("Tea", (await RejoinAsync("lobby")).Welcome["title"]);
    }

    [Fact]
    public async Task Change_whose_notification_was_missed_applies_later()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var ann = await JoinAsync(room.Port);

        var changed = JsonSerializer.Serialize(room.Options with { Title = "Tea" }, ContractJson.Options);
        await RawAsync(redis => redis.HashSetAsync(RedisNames.Room("lobby"), "options", changed));

        Assert.Equal("Tea", (await ann.NextAsync("room"))["title"]);
    }
}
