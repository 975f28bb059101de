using ChatServer.Backplane;
using ChatServer.Backplane.Moderation;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

public abstract class SanctionStoreSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Sanction_is_in_force_until_it_is_lifted_and_increases_the_version_of_its_room()
    {
        var (store, room) = await CreateRoomAsync();
        var ban = Ban("ann") with { Reason = "Spam — \"really\"", Sessions = ["a", "b"], Networks = ["192.0.2.1"], User = "Zoë" };
        Assert.Equal(ModerationResult.Stored, await store.ImposeAsync(room, ban, lifetime: null));
        Assert.Equal(ModerationResult.Stored, await store.ImposeAsync(room, Ban("ann") with { Kind = SanctionKind.Mute }, lifetime: null));

        var read = await store.ReadAsync(room);
        Assert.Equal(2, read.InForce.Count);
        var stored = Assert.Single(read.InForce, sanction => sanction.Kind == SanctionKind.Ban);
        Assert.Equal(
            (ban.Uid, ban.By, ban.User, ban.Reason, ban.CreatedAt),
            (stored.Uid, stored.By, stored.User, stored.Reason, stored.CreatedAt));
        Assert.Equal(["a", "b"], stored.Sessions);
        Assert.Equal(["192.0.2.1"], stored.Networks);
        Assert.Null(stored.ExpiresAt);
        Assert.Equal((2, 2), (read.Version, (await Process().Rooms.FindAsync(room))!.SanctionsVersion));
        Assert.Empty((await store.ReadAsync(null)).InForce);

        Assert.Equal(ModerationResult.Stored, await store.LiftAsync(room, SanctionKind.Ban, "ann"));
        Assert.Equal(SanctionKind.Mute, Assert.Single((await store.ReadAsync(room)).InForce).Kind);
    }

    [Fact]
    public async Task Sanction_expires_by_the_clock_of_Redis()
    {
        var (store, room) = await CreateRoomAsync();
        await store.ImposeAsync(room, Ban("ann"), TimeSpan.FromMilliseconds(300));
        var read = await store.ReadAsync(room);
        var remaining = Assert.Single(read.InForce).ExpiresAt!.Value - read.ReadAt;
        Assert.InRange(remaining, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300));
        await Eventually.Async(async () => (await store.ReadAsync(room)).InForce.Count, count => count == 0);
    }

    [Fact]
    public async Task Restored_sanction_keeps_what_a_newer_process_wrote()
    {
        var (store, room) = await CreateRoomAsync();
        await store.ImposeAsync(room, Ban("ann"), lifetime: null);
        var field = "ban:ann";
        var written = (string)(await Raw.HashGetAsync(RedisNames.Sanctions(room), field))!;
        await Raw.HashSetAsync(RedisNames.Sanctions(room), field, written[..^1] + ",\"appeal\":{\"open\":true}}");
        var read = await store.ReadAsync(room);
        await Raw.KeyDeleteAsync(RedisNames.Sanctions(room));

        await store.RestoreAsync(room, read.Version, read.InForce.Select(sanction => (sanction, (TimeSpan?)null)));
        var restored = (string)(await Raw.HashGetAsync(RedisNames.Sanctions(room), field))!;
        Assert.Contains("\"appeal\":{\"open\":true}", restored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ban_of_a_user_is_found_in_its_room_and_in_all_rooms_until_it_expires()
    {
        var (store, room) = await CreateRoomAsync();
        Assert.Null(await store.FindBanAsync(room, "ann"));
        await store.ImposeAsync(room, Ban("ann") with { Kind = SanctionKind.Mute }, lifetime: null);
        Assert.Null(await store.FindBanAsync(room, "ann"));
        await store.ImposeAsync(null, Ban("ann") with { Reason = "everywhere" }, lifetime: null);
        var found = (await store.FindBanAsync(room, "ann"))!.Value;
        Assert.Equal(("everywhere", null), (found.Ban.Reason, found.Remaining));
        Assert.Null(await store.FindBanAsync(room, "ben"));

        await store.ImposeAsync(room, Ban("ben"), TimeSpan.FromMilliseconds(300));
        Assert.InRange((await store.FindBanAsync(room, "ben"))!.Value.Remaining!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
        await Eventually.Async(async () => await store.FindBanAsync(room, "ben"), ban => ban is null);
        await store.LiftAsync(null, SanctionKind.Ban, "ann");
        Assert.Null(await store.FindBanAsync(room, "ann"));
    }

    [Fact]
    public async Task Repeated_command_has_no_effect()
    {
        var (store, room) = await CreateRoomAsync();
        Assert.Equal(ModerationResult.Stored, await store.ImposeAsync(room, Ban("ann"), null, "command-1"));
        Assert.Equal(ModerationResult.Stored, await store.LiftAsync(room, SanctionKind.Ban, "ann", "command-2"));
        Assert.Equal(ModerationResult.Repeated, await store.ImposeAsync(room, Ban("ann"), null, "command-1"));
        Assert.Empty((await store.ReadAsync(room)).InForce);
        Assert.Equal(ModerationResult.Stored, await store.RecordAsync(room, "kick-1"));
        Assert.Equal(ModerationResult.Repeated, await store.RecordAsync(room, "kick-1"));
    }

    [Fact]
    public async Task Number_of_sanctions_in_force_is_limited_and_expired_ones_make_room()
    {
        var (store, room) = await CreateRoomAsync();
        var entries = Enumerable.Range(0, SanctionStore.MaxSanctions).Select(i => new HashEntry($"ban:{i}", "0 {}")).ToArray();
        await Raw.HashSetAsync(RedisNames.Sanctions(room), entries);
        Assert.Equal(ModerationResult.TooMany, await store.ImposeAsync(room, Ban("ann"), null));
        await Raw.HashSetAsync(RedisNames.Sanctions(room), "ban:7", "1 {}");
        Assert.Equal(ModerationResult.Stored, await store.ImposeAsync(room, Ban("ann"), null));
        Assert.False(await Raw.HashExistsAsync(RedisNames.Sanctions(room), "ban:7"));
    }

    [Fact]
    public async Task Missing_room_has_no_sanctions_and_a_deleted_room_leaves_none()
    {
        var (store, room) = await CreateRoomAsync();
        Assert.Equal(ModerationResult.NoRoom, await store.ImposeAsync("missing", Ban("ann"), null));
        await store.ImposeAsync(room, Ban("ann"), null, "command-1");
        await Raw.KeyDeleteAsync(RedisNames.Host("a"));
        Assert.True(await Process().Rooms.ShutdownAsync(room));
        Assert.Empty(await KeysAsync($"chat:{{{room}}}:*"));
    }

    [Fact]
    public async Task Corrupt_sanction_is_left_out()
    {
        var (store, room) = await CreateRoomAsync();
        await store.ImposeAsync(room, Ban("ann"), null);
        await Raw.HashSetAsync(RedisNames.Sanctions(room), "ban:x", "nonsense");
        await Raw.HashSetAsync(RedisNames.Sanctions(room), "ban:y", "0 {\"kind\":7}");
        Assert.Equal("ann", Assert.Single((await store.ReadAsync(room)).InForce).Uid);
    }

    private async Task<(SanctionStore Store, string Room)> CreateRoomAsync()
    {
        await HostAsync("a");
        var process = Process();
        await CreateAsync(process, "lobby");
        return (process.Sanctions, "lobby");
    }

    private static Sanction Ban(string uid) =>
        new(SanctionKind.Ban, uid, "operator", new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero));
}

public sealed class SanctionStoreOnEmbeddedRedis(EmbeddedRedis redis) : SanctionStoreSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class SanctionStoreOnInstalledRedis(InstalledRedis redis) : SanctionStoreSpecification(redis), IClassFixture<InstalledRedis>;
