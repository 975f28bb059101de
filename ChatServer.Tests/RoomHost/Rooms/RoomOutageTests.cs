using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>
/// A message whose event its sender has received is in Redis, also during an outage of Redis and after another host has claimed the room.
/// </summary>
public sealed class RoomOutageTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    [Fact]
    public async Task Redis_outage_stops_echoes_and_refuses_new_messages()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        await ann.SayAsync("before", "1");
        await Redis!.Server.PauseAsync();
        try
        {
            await ann.SendAsync(new { type = "message", id = "2", text = "on its way" });
            var sent = 0;
            var error = await Eventually.Async(
                async () =>
                {
                    await bob.SendAsync(new { type = "message", id = $"{++sent}", text = "now?" });
                    await bob.CatchUpAsync(); // the room answers pings without Redis
                    return bob.Events.FirstOrDefault(e => e.Type == "error")!;
                },
                error => error is not null);
            Assert.Equal(("unavailable", $"{sent}"), (error["code"], error["id"]));
            await ann.CatchUpAsync();
            Assert.Equal([1L], ann.Log.Select(e => e.Seq));
        }
        finally
        {
            Redis.Server.Resume();
        }

        Assert.Equal("2", (await ann.NextAsync("message"))["id"]);
        await Eventually.Async(
            async () =>
            {
                await ann.SendAsync(new { type = "message", id = "3", text = "after" });
                return (await ann.NextAsync(e => e["id"] == "3", "an answer")).Type;
            },
            type => type == "message");
        // ann may not yet have received all logged messages of bob.
        var log = await Redis.ReadAsync(room.Name);
        await Eventually.Async(() => ann.Log.DistinctBy(e => e.Seq).Count(), seen => seen >= log.Events.Count);
        Assert.Equal(Enumerable.Range(1, log.Events.Count).Select(i => (long)i), log.Events.Select(e => e.Seq));
        Assert.Equal(
            log.Events.Select(e => System.Text.Encoding.UTF8.GetString(e.Entry.Event.Span)),
            ann.Log.DistinctBy(e => e.Seq).Take(log.Events.Count).Select(e => $"{e}"));
    }

    [Fact]
    public async Task Room_without_a_held_lease_echoes_nothing()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("mine");
        var lost = new TaskCompletionSource<AppendResult>();
        room.Room.Failed += r => lost.TrySetResult(r.Failure!.Append!.Value);
        await Redis!.ClaimAsync(room.Name, room.Port);

        var backend = new TaskCompletionSource<string?>();
        await ann.SendAsync(new { type = "message", id = "2", text = "too late" });
        Assert.Equal(AppendResult.Fenced, await lost.Task.WaitAsync(Eventually.Timeout));
        room.Room.Say("robot", "@robot", "too late", "3", (_, error) => backend.SetResult(error));
        Assert.Equal(RoomErrorCodes.Unavailable, await backend.Task.WaitAsync(Eventually.Timeout));

        Assert.Equal((1001, "reopened"), await ann.ClosedAsync());
        Assert.Equal([1L], ann.Log.Select(e => e.Seq));
        Assert.Equal(1, room.Room.Seq);
        Assert.Single((await Redis.ReadAsync(room.Name)).Events);
    }

    [Fact]
    public async Task Messages_sent_during_an_append_form_one_batch()
    {
        var room = await OpenAsync();
        var members = new List<RoomClient>();
        for (var i = 0; i < 5; i++)
            members.Add(await room.JoinAsync($"user=member-{i}"));
        await Redis!.Server.PauseAsync();
        try
        {
            foreach (var member in members)
            {
                for (var i = 0; i < 20; i++)
                    await member.SendAsync(new { type = "message", id = $"{i}", text = "hi" });
            }
            foreach (var member in members)
                await member.CatchUpAsync();
        }
        finally
        {
            Redis.Server.Resume();
        }
        foreach (var member in members)
            Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), (await member.ReadLogAsync(100)).Select(e => e.Seq));
        // Events of one batch have one time.
        Assert.InRange(members[0].Log.Select(e => e["time"]).Distinct().Count(), 1, 2);
    }

    [Fact]
    public async Task Backend_message_fails_if_the_room_closes_before_the_append()
    {
        var room = await OpenAsync();
        await Redis!.Server.PauseAsync();
        try
        {
            var answers = new[] { new TaskCompletionSource<string?>(), new TaskCompletionSource<string?>() };
            room.Room.Say("robot", "@robot", "one", "1", (_, error) => answers[0].SetResult(error));
            await Eventually.Async(() => room.Room.Queries.MembersAsync(), _ => true);
            room.Room.Say("robot", "@robot", "two", "2", (_, error) => answers[1].SetResult(error));
            await room.DisposeAsync();
            foreach (var answer in answers)
                Assert.Equal(RoomErrorCodes.Unavailable, await answer.Task.WaitAsync(Eventually.Timeout));
        }
        finally
        {
            Redis.Server.Resume();
        }
    }
}
