using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Redis with a replica that is promoted. The connection string names both.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class ReplicaTests : HostCluster
{
    private readonly InstalledRedis _primary = new();
    private readonly InstalledRedis _replica;

    public ReplicaTests() => _replica = new InstalledRedis { Primary = _primary };

    protected override RedisServer Redis => _primary;

    protected override string ConnectionString => $"{_primary.ConnectionString},{_replica.ConnectionString}";

    [Fact]
    public async Task Complete_replica_takes_over_and_rooms_continue()
    {
        var (room, member) = await TalkAsync();
        await ReplicatedAsync(seq: 2);

        await _primary.KillAsync();
        await _replica.PromoteAsync();

        Assert.Equal(3, await Eventually.Async(() => SayAsync(member, "three"), seq => seq is not null));
        // Each message is logged once, although it was sent until it was acknowledged.
        Assert.Equal(["one", "two", "three"], member.Log.DistinctBy(e => e.Seq).Select(e => e["text"]));
        Assert.Equal(room.Epoch, (await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r is not null))!.Epoch);
        // Until the Api knows the new primary, it reads no log.
        Assert.Equal(3, (await Eventually.Async(() => Api.Log.ReadAfterAsync("lobby", 0, 10), _ => true))?.Newest);
    }

    [Fact]
    public async Task Replica_without_the_log_end_takes_over_and_the_host_appends_it_again()
    {
        var (room, member) = await TalkAsync();
        await ReplicatedAsync(seq: 2);
        await _replica.DisconnectFromPrimaryAsync();
        for (var seq = 3; seq <= 5; seq++)
            Assert.Equal(seq, (await member.SayAsync($"kept {seq}", id: $"kept {seq}")).Seq);

        await _primary.KillAsync();
        await _replica.PromoteAsync();

        // The next append does not fit behind the promoted log, so the room is opened again, with the events from its ring.
        await Eventually.Async(() => SayAsync(member, "six"), seq => seq is null && member.HasEnded);
        var back = await RejoinAsync("lobby", $"session={member.Session}&since={room.Epoch}.0");
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal(room.Epoch, back.Welcome["epoch"]);
        Assert.Equal(["one", "two", "kept 3", "kept 4", "kept 5"], (await back.ReadLogAsync(5)).Take(5).Select(e => e["text"]));
        // A message that was acknowledged before the promotion is recognized.
        Assert.Equal(4, (await back.SayAsync("kept 4", id: "kept 4")).Seq);
        Assert.Equal(6, (await back.SayAsync("six", id: "six")).Seq);
        Assert.Equal(6, (await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), found => found is not null))!.Messages);
    }

    [Fact]
    public async Task Room_without_new_messages_appends_the_log_end_that_a_promoted_replica_lacks()
    {
        var (room, member) = await TalkAsync();
        await ReplicatedAsync(seq: 2);
        await _replica.DisconnectFromPrimaryAsync();
        Assert.Equal(3, (await member.SayAsync("kept 3")).Seq);

        await _primary.KillAsync();
        await _replica.PromoteAsync();

        var log = await Eventually.Async(() => Api.Log.ReadAfterAsync("lobby", 0, 10), page => page?.Newest == 3);
        Assert.Equal(room.Epoch, (await Api.Rooms.FindAsync("lobby"))?.Epoch);
        Assert.Equal(3, log!.Events.Count);
    }

    private async Task<(RoomRecord Room, RoomClient Member)> TalkAsync()
    {
        await Own(_replica).StartAsync();
        await StartHostAsync("host-1", ("MESSAGES_PER_SECOND", "0")); // members repeat their messages without a rate limit
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

    private async Task ReplicatedAsync(long seq)
    {
        await using var replica = await ConnectionMultiplexer.ConnectAsync(_replica.ConnectionString);
        await Eventually.Async(
            () => replica.GetDatabase().HashGetAsync(RedisNames.Room("lobby"), "seq", CommandFlags.DemandReplica), has => has == seq);
    }
}
