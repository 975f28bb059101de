using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>The trace context of the caller in commands and records.</summary>
public abstract class TracingSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    private readonly SpanRecorder _recorder = new("ChatServer.Backplane");

    public override async ValueTask DisposeAsync()
    {
        _recorder.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_room_carries_the_trace_of_its_creation_until_a_host_has_claimed_it()
    {
        var host = await HostAsync("a");
        var api = Process();
        host.Silent = true;
        using var root = _recorder.StartRoot();

        var creation = api.Placement.CreateAsync("lobby", Defaults, Cancelled);
        var placed = await Eventually.Async(() => api.Rooms.FindAsync("lobby"), room => room?.Traceparent is not null);
        host.Silent = false;
        await creation;

        var place = Assert.Single(_recorder.Ended, span => span.TraceId == root.TraceId && span.OperationName == "room.place");
        Assert.Equal((root.SpanId, place.Id), (place.ParentSpanId, placed!.Traceparent));
        Assert.False(await Raw.HashExistsAsync(RedisNames.Room("lobby"), "traceparent"));
    }

    [Fact]
    public async Task An_order_that_is_not_traced_adds_nothing_to_records()
    {
        var host = await HostAsync("a");
        var api = Process();
        await CreateAsync(api, "lobby");
        host.Silent = true;
        Assert.True(await api.Rooms.ShutdownAsync("lobby"));
        await api.Drain.OrderAsync("a");
        await api.Shutdown.OrderAsync();
        await api.Announcements.PostAsync("Tea is ready.", null);

        Assert.False(await Raw.HashExistsAsync(RedisNames.Room("lobby"), "traceparent"));
        Assert.Null(await api.Drain.TraceparentAsync("a"));
        Assert.Equal(32, (await Raw.StringGetAsync(RedisNames.Shutdown)).ToString().Length);
        var announcement = Assert.Single(await Raw.SortedSetRangeByRankAsync(RedisNames.Announcements));
        Assert.DoesNotContain("traceparent", announcement.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Move_carries_the_trace_of_its_caller()
    {
        await HostAsync("a");
        var api = Process();
        var room = await CreateAsync(api, "lobby");
        var other = await HostAsync("b");
        other.Silent = true;
        using var root = _recorder.StartRoot();

        var move = api.Placement.ReopenAsync("lobby", room.Term, Cancelled);
        var placed = await Eventually.Async(() => api.Rooms.FindAsync("lobby"), seen => seen is { HostId: "b", Traceparent: not null });
        other.Silent = false;
        await move;

        Assert.True(TraceContext.TryParse(placed!.Traceparent, out var carried));
        Assert.Equal(root.TraceId, carried.TraceId);
    }

    [Fact]
    public async Task A_shutdown_of_a_room_carries_the_trace_of_the_first_order()
    {
        var host = await HostAsync("a");
        var api = Process();
        await CreateAsync(api, "lobby");
        host.Silent = true;
        using var root = _recorder.StartRoot();

        await api.Rooms.ShutdownAsync("lobby");
        Activity.Current = null;
        await api.Rooms.ShutdownAsync("lobby");

        Assert.Equal(root.Id, (await api.Rooms.FindAsync("lobby"))?.Traceparent);
    }

    [Fact]
    public async Task Command_carries_the_trace_of_its_caller()
    {
        var host = await HostAsync("a");
        host.Answer = command => new SaidReply(command.Id, 1, command.Traceparent ?? "none");
        var api = Process();
        await CreateAsync(api, "lobby");

        var untraced = await api.Commands.AskAsync(new SayCommand("lobby", "u", "x", "1"), Cancelled);
        using var root = _recorder.StartRoot();
        var traced = await api.Commands.AskAsync(new SayCommand("lobby", "u", "x", "2"), Cancelled);

        Assert.Equal("none", Assert.IsType<SaidReply>(untraced).Epoch);
        Assert.Equal(root.Id, Assert.IsType<SaidReply>(traced).Epoch);
    }

    [Fact]
    public async Task Announcements_drains_and_shutdowns_carry_the_trace_of_their_order()
    {
        await HostAsync("a");
        var api = Process();
        var host = Process();
        Assert.False(await host.Shutdown.IsOrderedAsync());
        using var root = _recorder.StartRoot();

        await api.Announcements.PostAsync("Tea is ready.", null);
        await api.Drain.OrderAsync("a");
        await api.Shutdown.OrderAsync();

        Assert.Equal(root.Id, Assert.Single(await host.Announcements.ReadAfterAsync(0)).Traceparent);
        Assert.Equal(root.Id, await host.Drain.TraceparentAsync("a"));
        Assert.True(await host.Shutdown.IsOrderedAsync());
        Assert.Equal(root.Id, host.Shutdown.Traceparent);
    }
}

public sealed class TracingOnEmbeddedRedis(EmbeddedRedis redis) : TracingSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class TracingOnInstalledRedis(InstalledRedis redis) : TracingSpecification(redis), IClassFixture<InstalledRedis>;
