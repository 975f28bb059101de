using System.Net;
using ChatServer.Backplane;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Settings;
using ChatServer.Tests.Support;
using ChatServer.Tokens;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Redis is unavailable, loses its data, returns an older state, or contains malformed data.</summary>
public sealed class HostOutageTests : HostCluster
{
    // No exception, and no entry that is visible in Production but the one about Redis.
    internal static void AssertOnlyTheOutageIsLogged(ServiceProcess host) => Assert.All(
        host.Process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
        entry => Assert.Contains(OperatorLog.Category, entry, StringComparison.Ordinal));

    private static readonly TimeSpan Return = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Rooms_are_restored_with_new_epochs_after_Redis_restarts_empty()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby", Defaults with { Title = "Lobby", MaxMembers = 9 });
        var quiet = await CreateAsync("quiet");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("lost");
        var since = member.Since;

        await Redis.KillAsync();
        await Redis.StartAsync();

        await ClosedAsync(member, 1001, "reopened", reconnect: true);
        var back = await RejoinAsync("lobby", $"since={since}");
        Assert.False(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.NotEqual(room.Epoch, back.Welcome["epoch"]);
        Assert.Equal((0, "Lobby"), (back.Welcome.Seq, back.Welcome["title"]));
        Assert.Equal(1, (await back.SayAsync("kept")).Seq);
        var restored = await Api.Rooms.FindAsync("lobby");
        Assert.Equal((room.Port, room.Options, room.CreatedAt), (restored!.Port, restored.Options, restored.CreatedAt));
        await Eventually.Async(() => Api.Rooms.FindAsync("quiet"), r => r?.Port == quiet.Port && r.Epoch != quiet.Epoch);
        await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r!.Members == 1);
        Assert.False(host.Process.HasExited);
        AssertOnlyTheOutageIsLogged(host);
    }

    [Fact]
    public async Task Sanctions_and_the_secret_of_the_Admin_are_restored_after_Redis_lost_its_data()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var secret = await Api.AdminTokenSecret.GetAsync();
        await JoinWithAdminTokenAsync(room.Port, secret); // the host knows the secret
        var (eve, mallory) = (await JoinAsync(room.Port), await JoinAsync(room.Port));
        await BanAsync("lobby", eve, lifetime: null);
        await BanAsync(null, mallory, TimeSpan.FromHours(1));

        await Redis.FlushAsync();

        await Eventually.Async(() => Api.Sanctions.ReadAsync("lobby"), set => set.InForce.Count == 1, Return);
        var all = await Eventually.Async(() => Api.Sanctions.ReadAsync(null), set => set.InForce.Count == 1, Return);
        Assert.InRange(all.InForce[0].ExpiresAt!.Value - all.ReadAt, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        await Eventually.Async(
            () => Api.Connection.RunAsync(db => db.StringGetAsync(RedisNames.AdminTokenSecret)), stored => stored == secret, Return);
        foreach (var session in (string[])[eve.Session, mallory.Session])
            await RefusedAsync(session);
    }

    private async Task BanAsync(string? room, RoomClient member, TimeSpan? lifetime)
    {
        await Api.Sanctions.ImposeAsync(
            room, new Sanction(SanctionKind.Ban, member.Welcome["uid"]!, "key:1", DateTimeOffset.UnixEpoch), lifetime);
        await ClosedAsync(member, 4003, "banned", reconnect: false); // so the host knows of it
    }

    private Task RefusedAsync(string session) => Eventually.Async(
        async () =>
        {
            using var refusal = await RoomClient.HandshakeAsync((await Api.Rooms.FindAsync("lobby"))!.Port, $"session={session}");
            Assert.NotEqual(HttpStatusCode.SwitchingProtocols, refusal.StatusCode);
            return refusal.StatusCode;
        },
        status => status == HttpStatusCode.Forbidden, Return);

    private static async Task JoinWithAdminTokenAsync(int port, string secret)
    {
        var token = TokenSigner.OfAdminSecret(secret, TimeProvider.System).Sign(
            new JoinToken("key:1", "operator", RoomPattern.Parse("*")!, DateTimeOffset.UtcNow.AddMinutes(1)));
        using var joined = await RoomClient.HandshakeAsync(port, $"token={token}");
        Assert.Equal(HttpStatusCode.SwitchingProtocols, joined.StatusCode);
    }

    [Fact]
    public async Task Data_loss_leaves_one_working_room_of_each_name()
    {
        await StartHostAsync();
        await CreateAsync("lobby");
        for (var i = 0; i < 5; i++)
        {
            var member = await RejoinAsync("lobby");
            await member.SayAsync("hello");

            await Redis.FlushAsync();
            // Three parts detect the loss concurrently: the room by its append, the host by its round, an Api by creating the room again.
            await member.SendAsync(new { type = "message", id = "noticed", text = "noticed" });
            var creation = Eventually.Async(() => TryCreateAsync("lobby"), r => r is not null, Return);

            await ClosedAsync(member, 1001, "reopened", reconnect: true);
            await creation;
            await Eventually.Async(
                async () =>
                {
                    var room = (await Api.Rooms.FindAsync("lobby"))!;
                    await using var back = await RoomClient.JoinAsync(room.Port, $"since={member.Since}");
                    Assert.False(back.Welcome.Json.GetProperty("resumed").GetBoolean());
                    await back.SayAsync($"life {i}");
                    return (back.Welcome["epoch"], (await Api.Rooms.FindAsync("lobby"))!.Epoch);
                },
                epochs => epochs.Item1 == epochs.Epoch, Return);
            Assert.Equal(1, await Api.Rooms.CountAsync());
            Assert.Equal(["lobby"], await Api.Ownership.WantedAsync("host-1"));
        }
    }

    [Fact]
    public async Task Redis_pause_causes_only_delay()
    {
        var host = await StartHostAsync("host-1", ("MESSAGES_PER_SECOND", "0")); // members repeat their messages without a rate limit
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("before");

        await Redis.PauseAsync();
        await member.SendAsync(new { type = "message", id = "meanwhile", text = "meanwhile" });
        await Eventually.Async(() => IsReadyAsync(host), ready => !ready);
        Redis.Resume();

        await Eventually.Async(() => member.Log.Select(e => e["text"]!), texts => texts.SequenceEqual(["before", "meanwhile"]), Return);
        await Eventually.Async(async () => await member.SayAsync("after"), _ => true, Return);
        var other = await Eventually.Async(() => TryCreateAsync("other"), r => r is not null, Return);
        Assert.Equal("other", await GetAsync(other!.Port));
        Assert.Equal(room.Epoch, (await Api.Rooms.FindAsync("lobby"))?.Epoch);
        Assert.Equal(3, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
        // A pause that is longer than the timeout of a command is reported to the operator, and nothing else.
        Assert.All(
            host.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("Redis cannot be used|Redis can be used again", line));
    }

    // An event of the log that the members have seen with another text.
    private const string Foreign =
        LogEntry.EmptyKey + """{"type":"message","seq":1,"time":"2026-01-31T12:00:00.000Z","user":"a","uid":"a","id":"1","text":"other"}""";

    [Fact]
    public async Task Diverged_log_reopens_the_room_with_a_new_epoch()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("one");
        await member.SayAsync("two");

        // Redis returns another state.
        await RawAsync(async db =>
        {
            await db.ListRightPopAsync(RedisNames.RoomLog("lobby"));
            await db.ListSetByIndexAsync(RedisNames.RoomLog("lobby"), 0, Foreign);
            await db.HashSetAsync(RedisNames.Room("lobby"), "seq", 1);
        });
        await member.SendAsync(new { type = "message", id = "three", text = "three" });

        await ClosedAsync(member, 1001, "reopened", reconnect: true);
        var back = await RejoinAsync("lobby", $"since={member.Since}");
        Assert.False(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.NotEqual(room.Epoch, back.Welcome["epoch"]);
        Assert.Equal("other", (await back.NextAsync("message"))["text"]);
        Assert.Equal(2, (await back.SayAsync("two again")).Seq);
    }

    [Fact]
    public async Task Lost_room_is_reopened_after_repeated_reconcile_failures()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var other = await CreateAsync("other");
        var member = await JoinAsync(room.Port);

        // The next append is refused and the record is malformed, so every reconcile and every claim throws.
        await RawAsync(db => db.HashSetAsync(RedisNames.Room("lobby"), [new("seq", 7), new("createdAt", "malformed")]));
        await member.SendAsync(new { type = "message", id = "one", text = "one" });
        await ClosedAsync(member, 1001, "reopened", reconnect: true);
        await Api.Rooms.ShutdownAsync("other"); // reconciled after the failed reconciles
        await Eventually.Async(() => Api.Rooms.FindAsync("other"), r => r is null);
        await IsFreeAsync(other.Port);

        await RawAsync(db => db.HashSetAsync(RedisNames.Room("lobby"), "createdAt", room.CreatedAt.ToUnixTimeMilliseconds()));

        var back = await RejoinAsync("lobby");
        Assert.NotEqual(room.Epoch, back.Welcome["epoch"]);
        Assert.Equal(8, (await back.SayAsync("one")).Seq);
    }

    [Fact]
    public async Task Log_with_foreign_entries_opens_and_is_reported()
    {
        var first = await StartHostAsync("first");
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("one");
        await member.SayAsync("two");
        await member.SayAsync("three");
        await first.Process.KillAsync();
        await RawAsync(async db =>
        {
            var log = RedisNames.RoomLog("lobby");
            await db.ListSetByIndexAsync(log, 0, "?" + ((string)(await db.ListGetByIndexAsync(log, 0))!)[1..]);
            await db.ListSetByIndexAsync(log, 1, "malformed");
        });

        var second = await StartHostAsync("second");

        var back = await RejoinAsync("lobby", "history=10");
        var (one, two, three) = (await back.NextAsync("message"), await back.NextAsync("unreadable"), await back.NextAsync("message"));
        Assert.Equal(("one", 1L, 2L, "three", 3L), (one["text"], one.Seq, two.Seq, three["text"], three.Seq));
        Assert.Equal(4, (await back.SayAsync("four")).Seq);
        await Eventually.Async(() => second.Process.Output, output =>
            output.Contains("room lobby has 2 malformed entries, the first at 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_starts_before_Redis_waits_for_it()
    {
        await Redis.KillAsync();
        var starting = StartHostAsync();

        await Redis.StartAsync();

        await starting;
        await Eventually.Async(() => TryCreateAsync("lobby"), r => r is not null, Return);
    }
}

/// <summary>Redis is restarted and keeps its data.</summary>
public sealed class HostOutageWithDataTests : HostCluster
{
    protected override RedisServer Redis { get; } = new ChatServer.Tests.Redis.DataFolderRedis();

    [Fact]
    public async Task Members_and_sequences_survive_an_outage()
    {
        var host = await StartHostAsync("host-1", ("MESSAGES_PER_SECOND", "0")); // members repeat their messages without a rate limit
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("before");

        await Redis.StopAsync();
        await member.SendAsync(new { type = "message", id = "meanwhile", text = "meanwhile" });
        var second = await JoinAsync(room.Port);
        await Eventually.Async(() => IsReadyAsync(host), ready => !ready);
        await Redis.StartAsync();

        // Like a client, it sends the message again: the host refuses it if its lease expired before the message arrived.
        await Eventually.Async(
            async () =>
            {
                await member.SendAsync(new { type = "message", id = "meanwhile", text = "meanwhile" });
                return member.Log.DistinctBy(e => e.Seq).Count();
            },
            count => count == 2, TimeSpan.FromSeconds(30));
        Assert.Equal(3, (await Eventually.Async(async () => await member.SayAsync("after"), _ => true, TimeSpan.FromSeconds(30))).Seq);
        var log = await Eventually.Async(() => second.Log, events => events.Count == 3);
        Assert.Equal(["before", "meanwhile", "after"], log.Select(e => e["text"]));
        // The change during the outage is published now.
        var now = await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r!.Members == 2);
        Assert.Equal((room.Epoch, room.Term, room.Port, 3), (now!.Epoch, now.Term, now.Port, now.Seq));
        var other = await Eventually.Async(() => TryCreateAsync("other"), r => r is not null, TimeSpan.FromSeconds(30));
        Assert.Equal("other", await GetAsync(other!.Port));
        HostOutageTests.AssertOnlyTheOutageIsLogged(host);
    }

    [Fact]
    public async Task First_host_after_an_outage_does_not_take_the_rooms_of_others()
    {
        var unlimited = ("MESSAGES_PER_SECOND", "0"); // members repeat their messages without a rate limit
        var first = await StartHostAsync("host-1", unlimited);
        var second = await StartHostAsync("host-2", unlimited);
        var rooms = new List<RoomRecord>();
        foreach (var i in Enumerable.Range(0, 10))
            rooms.Add(await CreateAsync($"room-{i}", Defaults with { Durability = Durability.Memory }));
        var neighbour = await JoinAsync(rooms.First(room => room.HostId == "host-1").Port);
        var member = await JoinAsync(rooms.First(room => room.HostId == "host-2").Port);

        // Both leases expire. The second host starts again after the first one has looked for dead hosts.
        await Redis.StopAsync();
        await AreRefusedAsync(neighbour, member);
        await second.Process.PauseAsync();
        await Redis.StartAsync();
        await Eventually.Async(() => IsReadyAsync(first), ready => ready);
        await HaveLookedForTheDeadAsync();
        second.Process.Resume();

        await Eventually.Async(() => IsReadyAsync(second), ready => ready);
        await Eventually.Async(async () => await member.SayAsync("after"), _ => true);
        foreach (var room in rooms)
        {
            var now = await Api.Rooms.FindAsync(room.Name);
            Assert.Equal((room.HostId, room.Term, room.Epoch), (now!.HostId, now.Term, now.Epoch));
        }
    }

    /// <summary>Waits until the hosts of the members can no longer write.</summary>
    private static Task AreRefusedAsync(params RoomClient[] members) => Task.WhenAll(members.Select(member => Eventually.Async(
        async () =>
        {
            await member.SendAsync(new { type = "message", id = "again and again", text = "?" });
            return member.Events.Any(e => e.Type == "error" && e["code"] == "unavailable");
        },
        refused => refused)));

    /// <summary>
    /// Waits until a rescue round has ended. Each round renews the role of the coordinator: when a second round has begun, the first has
    /// ended.
    /// </summary>
    private Task HaveLookedForTheDeadAsync() => RawAsync(async db =>
    {
        var left = await Eventually.Async(() => db.KeyTimeToLiveAsync(RedisNames.Coordinator), ttl => ttl is not null);
        await Eventually.Async(
            async () =>
            {
                var (before, now) = (left, await db.KeyTimeToLiveAsync(RedisNames.Coordinator));
                left = now;
                return now > before;
            },
            prolonged => prolonged);
    });
}
