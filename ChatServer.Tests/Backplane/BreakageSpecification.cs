using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>Redis is killed, paused and restarted. Each test has its own server.</summary>
public abstract class BreakageSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    // All functions work again within 5 s of Redis' return.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    // The timeout of two seconds, and half a second until the library checks its timeouts.
    private static readonly TimeSpan Refusal = TimeSpan.FromSeconds(3);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Redis.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Calls_fail_at_once_while_Redis_is_down()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        await AppendAsync(process, room);

        await Redis.KillAsync();

        await AssertUnavailableAsync(process, room, Refusal);
        await AssertUnavailableAsync(process, room, TimeSpan.FromSeconds(0.5)); // the outage is known
        Assert.False(process.Connection.Commands.Multiplexer.IsConnected);
    }

    [Fact]
    public async Task Calls_time_out_while_Redis_is_stopped()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        await AppendAsync(process, room);

        await Redis.PauseAsync();

        await AssertUnavailableAsync(process, room, Refusal);
        Redis.Resume();
        await Eventually.Async(() => process.Rooms.FindAsync("lobby"), found => found is not null, Recovery);
    }

    [Theory]
    [InlineData(nameof(RoomDirectory.FindAsync))]
    [InlineData(nameof(RoomDirectory.CountAsync))]
    [InlineData(nameof(VisibleRooms.ListVisibleAsync))]
    [InlineData(nameof(RoomLog.ReadBeforeAsync))]
    [InlineData(nameof(ClusterShutdown.IsOrderedAsync))]
    public async Task Cancelled_call_ends_before_Redis_answers(string method)
    {
        var process = Process();
        await process.Connection.PingAsync(Cancelled);
        using var cancel = new CancellationTokenSource();
        await Redis.PauseAsync();

        Task call = method switch
        {
            nameof(RoomDirectory.FindAsync) => process.Rooms.FindAsync("lobby", cancel.Token),
            nameof(RoomDirectory.CountAsync) => process.Rooms.CountAsync(cancel.Token),
            nameof(VisibleRooms.ListVisibleAsync) => process.Rooms.ListVisibleAsync(null, 10, ct: cancel.Token),
            nameof(RoomLog.ReadBeforeAsync) => process.Log.ReadBeforeAsync("lobby", null, 10, cancel.Token),
            _ => process.Shutdown.IsOrderedAsync(cancel.Token),
        };
        Assert.False(call.IsCompleted);
        await cancel.CancelAsync();

        // Less than the timeout of a command, which would end the call too.
        var limit = TimeSpan.FromSeconds(1.5);
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(limit, Cancelled));
        Assert.Equal(cancel.Token, error.CancellationToken);
        Redis.Resume();
    }

    [Fact]
    public async Task Cancelled_call_of_several_commands_is_completed_in_the_background()
    {
        await HostAsync("a");
        var process = Process();
        await CreateAsync(process, "lobby");
        using var cancel = new CancellationTokenSource();
        await Redis.PauseAsync();

        var shutdown = process.Rooms.ShutdownAsync("lobby", ct: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shutdown);
        Redis.Resume();

        // Marked as closing by the first command; the host deletes it because of the last one, the notification.
        await Eventually.Async(() => process.Rooms.FindAsync("lobby"), found => found is null, Recovery);
    }

    [Fact]
    public async Task Repeated_append_after_a_lost_reply_is_logged_once()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        await AppendAsync(process, room);
        Task<AppendResult> Again() => process.Log.AppendAsync("lobby", room.Term, 1, 1000, 2, 0, Entries.Numbered(2, 2));

        await Redis.PauseAsync();
        await Assert.ThrowsAsync<BackplaneUnavailableException>(Again);
        Redis.Resume();

        Assert.Equal(AppendResult.Appended, await Eventually.Async(Again, _ => true, Recovery));
        var page = await process.Log.ReadAfterAsync("lobby", 0, 10);
        Assert.Equal(["1", "2", "3"], page!.Events.Select(e => Entries.Text(e.Entry)));
    }

    [Fact]
    public async Task Scripts_appends_and_subscriptions_work_after_Redis_restarts_empty()
    {
        var host = await HostAsync("a");
        host.Answer = command => new SaidReply(command.Id, 1, "e");
        var (api, other) = (Process(), Process());
        var room = await CreateAsync(api, "before");
        await AppendAsync(api, room);
        await api.Commands.AskAsync(new MembersCommand("before"), Cancelled);
        var missed = 0;
        var changed = await ListenAsync(other.Changes);
        other.Changes.ChangesMissed += () => Interlocked.Increment(ref missed);
        var generation = await api.Ownership.GenerationAsync();

        await Redis.KillAsync();
        await AssertUnavailableAsync(api, room, Refusal);
        await Redis.StartAsync();
        var back = Stopwatch.StartNew();

        // A notification that is published before the other process has subscribed again is lost. The process is told that it may have
        // missed some.
        await Eventually.Async(() => missed, n => n > 0, Left());
        // The lease, the host's inbox, scripts and the notification in one operation.
        var after = await Eventually.Async(
            () => api.Placement.CreateAsync("after", Defaults, Cancelled), answer => answer is not null, Recovery);
        await Eventually.Async(() => changed.Contains("after"), Left());
        Assert.Equal(AppendResult.Appended, await Eventually.Async(() => AppendAsync(api, after!.Value.Room), _ => true, Left()));
        Assert.IsType<SaidReply>(await Eventually.Async(
            () => api.Commands.AskAsync(new MembersCommand("after"), Cancelled), reply => reply is not null, Left()));
        Assert.NotEqual(generation, await other.Ownership.GenerationAsync());
        Assert.True(await api.Ownership.RestoreAsync(room));

        TimeSpan Left() => Recovery - back.Elapsed;
    }

    [Fact]
    public async Task Each_notification_arrives_once_after_several_disconnects()
    {
        using var stop = new CancellationTokenSource();
        var (listener, publisher) = (Process(), Process());
        var nudges = new List<string>();
        var missed = 0;
        var loop = listener.Inbox.RunAsync("a", () => Interlocked.Increment(ref missed), nudges.Add, _ => { }, stop.Token);
        await Eventually.Async(() => missed, n => n > 0);
        for (var cut = 1; cut <= 3; cut++)
        {
            await Redis.KillAsync();
            await Eventually.Async(() => !listener.Connection.Commands.Multiplexer.IsConnected, Refusal);
            var before = missed;
            await Redis.StartAsync();
            await Eventually.Async(() => missed, n => n > before, Recovery);

            await Eventually.Async(
                async () =>
                {
                    nudges.Clear();
                    await publisher.Connection.RunAsync(db => db.PublishAsync(Channel("a"), "r first"));
                    await publisher.Connection.RunAsync(db => db.PublishAsync(Channel("a"), "r last"));
                    await Eventually.Async(() => nudges.Contains("last"), Recovery);
                    return nudges.ToList();
                },
                received => received is ["first", "last"], Recovery);
        }

        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task Process_started_before_Redis_connects_later()
    {
        await Redis.KillAsync();
        var process = Process();
        var missed = 0;
        var nudges = new List<string>();
        process.Changes.ChangesMissed += () => Interlocked.Increment(ref missed);
        process.Changes.Start();
        using var stop = new CancellationTokenSource();
        var loop = process.Inbox.RunAsync("a", () => Interlocked.Increment(ref missed), nudges.Add, _ => { }, stop.Token);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<BackplaneUnavailableException>(() => process.Connection.PingAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Refusal);
        await Task.Delay(TimeSpan.FromSeconds(2), Cancelled); // several attempts fail

        await Redis.StartAsync();

        await Eventually.Async(() => process.Connection.PingAsync(), _ => true, Recovery);
        await Eventually.Async(() => missed, n => n > 1, Recovery);
        await process.Connection.RunAsync(db => db.PublishAsync(Channel("a"), "r first"));
        await process.Connection.RunAsync(db => db.PublishAsync(Channel("a"), "r last"));
        await Eventually.Async(() => nudges.Contains("last"), Recovery);
        Assert.Equal(["first", "last"], nudges); // each once: no failed attempt left a subscription behind
        await stop.CancelAsync();
        await loop;
    }

    private static RedisChannel Channel(string host) => RedisChannel.Literal(RedisNames.HostChannel(host));

    private static Task<AppendResult> AppendAsync(BackplaneProcess process, RoomRecord room) =>
        process.Log.AppendAsync(room.Name, room.Term, 0, 1000, 1, 0, Entries.Numbered(1, 1));

    private static async Task AssertUnavailableAsync(BackplaneProcess process, RoomRecord room, TimeSpan within)
    {
        Func<Task>[] calls =
        [
            () => process.Connection.PingAsync(),
            () => process.Rooms.FindAsync(room.Name),
            () => process.Rooms.ListAsync(null, 10),
            () => process.Rooms.ShutdownAsync(room.Name),
            () => process.Placement.CreateAsync("another", Defaults, Cancelled),
            () => process.Ownership.ClaimAsync(room.Name, room.HostId, "x", 1, newEpoch: false),
            () => AppendAsync(process, room),
            () => process.Log.ReadAfterAsync(room.Name, 0, 10),
            () => process.Commands.AskAsync(new MembersCommand(room.Name), Cancelled),
            () => process.Announcements.PostAsync("x", null),
            () => process.Shutdown.IsOrderedAsync(),
            () => process.Hosts.ListAsync(),
        ];
        await Task.WhenAll(calls.Select(async call =>
        {
            var watch = Stopwatch.StartNew();
            await Assert.ThrowsAsync<BackplaneUnavailableException>(call);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, within);
        }));
    }
}

public sealed class BreakageOfEmbeddedRedis() : BreakageSpecification(new EmbeddedRedis());

[Needs(OptionalProgram.RedisServer)]
public sealed class BreakageOfInstalledRedis() : BreakageSpecification(new InstalledRedis());
