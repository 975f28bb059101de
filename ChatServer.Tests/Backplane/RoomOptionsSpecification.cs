using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>Changes of a room's options.</summary>
public abstract class RoomOptionsSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Concurrent_changes_are_all_kept()
    {
        await HostAsync("a");
        await CreateAsync(Process(), "lobby");
        var processes = Enumerable.Range(0, 4).Select(_ => Process()).ToList();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => processes[i % 4].OptionsWriter.ChangeAsync(
            "lobby", options => options with { MaxMembers = options.MaxMembers + 1 }, Cancelled)));

        Assert.Equal(40, (await Process().Rooms.FindAsync("lobby"))!.Options.MaxMembers);
    }

    [Fact]
    public async Task Options_that_a_newer_process_wrote_are_kept_by_a_change_and_by_a_restoration()
    {
        const string Newer = """{"title":"Tea","history":7,"theme":{"dark":true}}""";
        var host = await HostAsync("a");
        await CreateAsync(Process(), "lobby");
        await Raw.HashSetAsync(RedisNames.Room("lobby"), "options", Newer);

        await Process().OptionsWriter.ChangeAsync("lobby", options => options with { Title = null, SlowModeSeconds = 9 }, Cancelled);
        var changed = (await Process().Rooms.FindAsync("lobby"))!;
        var stored = JsonElement.Parse(((string?)await Raw.HashGetAsync(RedisNames.Room("lobby"), "options"))!);
        await Raw.KeyDeleteAsync(RedisNames.Room("lobby"));
        await host.Process.Ownership.RestoreAsync(changed);

        Assert.Equal((null, 7, 9), (changed.Options.Title, changed.Options.History, changed.Options.SlowModeSeconds));
        Assert.True(stored.GetProperty("theme").GetProperty("dark").GetBoolean());
        Assert.True(JsonElement.DeepEquals(
            stored, JsonElement.Parse(((string?)await Raw.HashGetAsync(RedisNames.Room("lobby"), "options"))!)));
    }

    [Fact]
    public async Task Next_host_claims_the_room_with_the_changed_options()
    {
        var host = await HostAsync("a");
        await CreateAsync(Process(), "lobby");
        await Process().OptionsWriter.ChangeAsync("lobby", options => options with { SlowModeSeconds = 9 }, Cancelled);

        var claim = await host.Process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 1);

        Assert.Equal(9, claim!.Room.Options.SlowModeSeconds);
    }

    [Fact]
    public async Task Room_that_is_absent_or_closing_does_not_change()
    {
        var host = await HostAsync("a");
        var process = Process();
        await CreateAsync(process, "lobby");
        host.Silent = true;
        await process.Rooms.ShutdownAsync("lobby");

        Assert.Null(await process.OptionsWriter.ChangeAsync("lobby", options => options with { MaxMembers = 1 }, Cancelled));
        Assert.Null(await process.OptionsWriter.ChangeAsync("absent", options => options with { MaxMembers = 1 }, Cancelled));
        Assert.False(await Raw.KeyExistsAsync(RedisNames.Room("absent")));
    }
}

public sealed class RoomOptionsOnEmbeddedRedis(EmbeddedRedis redis) : RoomOptionsSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomOptionsOnInstalledRedis(InstalledRedis redis) : RoomOptionsSpecification(redis), IClassFixture<InstalledRedis>;
