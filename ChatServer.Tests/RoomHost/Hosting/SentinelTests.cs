using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Redis with a replica and a Sentinel. The connection string names the Sentinel.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class SentinelTests : HostCluster
{
    // Sentinel cannot make it a replica: it says that it is the primary until the end of the test.
    private readonly InstalledRedis _primary = new() { Arguments = ["--rename-command", "SLAVEOF", ""] };
    private readonly InstalledRedis _replica;
    private readonly RedisSentinel _sentinel;

    public SentinelTests()
    {
        _replica = new InstalledRedis { Primary = _primary };
        _sentinel = new RedisSentinel(_primary);
    }

    protected override RedisServer Redis => _primary;

    protected override string ConnectionString => _sentinel.ServiceConnectionString;

    [Fact]
    public async Task Old_primary_that_returns_is_not_used_while_it_says_that_it_is_the_primary()
    {
        await StartAsync();
        var (room, member) = await TalkAsync();
        await _sentinel.KnowsReplicaAsync();

        await _primary.KillAsync();
        await _sentinel.NamesAsync(_replica);
        await _primary.StartAsync();

        Assert.Equal(3, await Eventually.Async(() => SayAsync(member, "three"), seq => seq is not null));
        await StartHostAsync("host-2");
        Assert.Equal(4, await Eventually.Async(() => SayAsync(member, "four"), seq => seq is not null));
        Assert.Contains("master", await _primary.ExecuteAsync("ROLE"), StringComparison.Ordinal);
        Assert.Equal(":0", await _primary.ExecuteAsync("DBSIZE"));
        Assert.Equal(room.Epoch, (await Api.Rooms.FindAsync("lobby"))!.Epoch);
        Assert.Equal(4, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
    }

    [Fact]
    public async Task Planned_failover_moves_all_connections_to_the_new_primary()
    {
        await StartAsync();
        var (room, member) = await TalkAsync();
        await _sentinel.KnowsReplicaAsync();

        await _sentinel.FailOverAsync();
        await _sentinel.NamesAsync(_replica);
        await Eventually.Async(
            () => _primary.ExecuteAsync("CLIENT LIST"), clients => !clients.Contains("SE.Redis", StringComparison.Ordinal));

        Assert.Equal(3, await Eventually.Async(() => SayAsync(member, "three"), seq => seq is not null));
        Assert.Equal(room.Epoch, (await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), found => found is not null))!.Epoch);
        Assert.Equal(3, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
    }

    [Fact]
    public async Task Service_starts_before_its_Sentinel_and_continues_without_it()
    {
        await Own(_replica).StartAsync();
        var host = Own(await ServiceProcess.StartAsync(
            "ChatServer.RoomHost", "PORT", [.. Settings("host-1"), ("MESSAGES_PER_SECOND", "0")]));
        Assert.False(await IsReadyAsync(host));

        await Own(_sentinel).StartAsync();
        await Eventually.Async(() => IsReadyAsync(host), ready => ready, TimeSpan.FromSeconds(30));
        var (_, member) = await TalkAsync();

        await _sentinel.KillAsync();
        Assert.Equal(3, await Eventually.Async(() => SayAsync(member, "three"), seq => seq is not null));
        Assert.True(await IsReadyAsync(host));
    }

    private async Task StartAsync()
    {
        await Own(_replica).StartAsync();
        await Own(_sentinel).StartAsync();
        await StartHostAsync("host-1", ("MESSAGES_PER_SECOND", "0")); // members repeat their messages without a rate limit
    }

    private async Task<(RoomRecord Room, RoomClient Member)> TalkAsync()
    {
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("one");
        await member.SayAsync("two");
        return (room, member);
    }

    // Sends the message, again under the same id if it was sent before, and returns whether it was acknowledged.
    private static async Task<long?> SayAsync(RoomClient member, string text)
    {
        if (!member.HasEnded)
            await member.SendAsync(new { type = "message", id = text, text });
        return member.Log.FirstOrDefault(e => e["text"] == text)?.Seq;
    }
}
