using System.Collections.Concurrent;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>The notification that a room is open.</summary>
public sealed class RoomPublicationTests : HostCluster
{
    [Fact]
    public async Task Room_whose_log_cannot_be_read_is_not_published_as_open()
    {
        var room = await CreateRoomWithLogAsync();
        var log = RedisNames.RoomLog("lobby");
        await RawAsync(async db =>
        {
            await db.KeyRenameAsync(log, "chat:{lobby}:saved-log");
            await db.StringSetAsync(log, "not a list");
        });
        var published = await ListenAsync();

        await StartHostAsync();
        // The second claim shows that the first attempt to open the room has ended.
        await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r!.Term >= room.Term + 2);
        await Api.Ownership.PublishOpenAsync("marker");
        await Eventually.Async(() => published.Contains("marker"));
        Assert.DoesNotContain("lobby", published);

        await RawAsync(db => db.KeyRenameAsync("chat:{lobby}:saved-log", log));
        await Eventually.Async(() => published.Contains("lobby"));

        var member = await JoinAsync((await Api.Rooms.FindAsync("lobby"))!.Port, $"since={room.Epoch}.0");
        Assert.Equal(1, member.Welcome.Seq);
    }

    // A room that an earlier process of host-1 had open, with one event in its log.
    private async Task<RoomRecord> CreateRoomWithLogAsync()
    {
        await Api.Connection.RunAsync(db => RedisScript.CreateRoom.RunAsync(
            db, [RedisNames.Room("lobby")], "host-1", "{}", "redis", "0123456789ab", 0));
        var room = (await Api.Ownership.ClaimAsync("lobby", "host-1", "127.0.0.1", port: 0))!.Room;
        Assert.Equal(AppendResult.Appended, await Api.Log.AppendAsync(
            "lobby", room.Term, baseSeq: 0, history: 100, messages: 1, announced: 0, Entries.Events(1, 1)));
        return room;
    }

    private async Task<ConcurrentQueue<string>> ListenAsync()
    {
        var published = new ConcurrentQueue<string>();
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Api.Changes.RoomChanged += published.Enqueue;
        Api.Changes.ChangesMissed += () => subscribed.TrySetResult();
        Api.Changes.Start();
        await subscribed.Task.WaitAsync(Eventually.Timeout, Cancelled);
        return published;
    }
}
