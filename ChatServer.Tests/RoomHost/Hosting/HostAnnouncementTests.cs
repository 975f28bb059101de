using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Each room receives each announcement once.</summary>
public sealed class HostAnnouncementTests : HostCluster
{
    [Fact]
    public async Task Announcement_is_logged_once_in_every_addressed_room()
    {
        await StartHostAsync();
        var lobby = await JoinAsync((await CreateAsync("lobby")).Port);
        var other = await JoinAsync((await CreateAsync("other")).Port);

        await Api.Announcements.PostAsync("for all", null);
        await Api.Announcements.PostAsync("for one", ["lobby"]);
        await Api.Announcements.PostAsync("the last", null);

        await HeardAsync(lobby, "for all", "for one", "the last");
        await HeardAsync(other, "for all", "the last");
        var late = await CreateAsync("late");
        Assert.Empty((await JoinAsync(late.Port)).Log);
    }

    [Fact]
    public async Task Disconnected_host_delivers_the_announcement_after_reconnecting()
    {
        var host = await StartHostAsync();
        var member = await JoinAsync((await CreateAsync("lobby")).Port);
        await host.Process.PauseAsync();
        await Api.Announcements.PostAsync("meanwhile", null);
        // Without this, the notification could wait in the socket of the paused process.
        await RawAsync(db => db.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub"));
        await RawAsync(db => db.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal"));

        host.Process.Resume();
        await Eventually.Async(() => Api.Connection.PingAsync(Cancelled), _ => true);
        await Api.Announcements.PostAsync("the last", null);

        await HeardAsync(member, "meanwhile", "the last");
    }

    [Fact]
    public async Task Restart_neither_loses_nor_repeats_announcements()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await Api.Announcements.PostAsync("before", null);
        await HeardAsync(member, "before");
        await host.Process.KillAsync();
        await Api.Announcements.PostAsync("meanwhile", null);

        await StartHostAsync();
        var back = await RejoinAsync("lobby", $"since={room.Epoch}.0");
        await Api.Announcements.PostAsync("the last", null);

        await HeardAsync(back, "before", "meanwhile", "the last");
    }

    [Fact]
    public async Task Announcement_posted_after_data_loss_reaches_restored_rooms()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        for (var i = 0; i < 3; i++)
            await Api.Announcements.PostAsync($"old {i}", null);
        await host.Process.PauseAsync();
        await Redis.FlushAsync();
        await Api.Announcements.PostAsync("new", null);

        host.Process.Resume();

        await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r is not null, TimeSpan.FromSeconds(30));
        // A member that joins before the host has detected the loss joins the old room, and is closed.
        var back = await Eventually.Async(() => RejoinAsync("lobby"), member => member.Welcome["epoch"] != room.Epoch);
        await HeardAsync(back, "new");
    }

    private static async Task HeardAsync(RoomClient member, params string[] texts)
    {
        await Eventually.Async(() => member.Log.Select(e => e["text"]), received => received.Contains(texts[^1]), TimeSpan.FromSeconds(30));
        Assert.Equal(texts, member.Log.Where(e => e.Type == "announcement").Select(e => e["text"]!));
    }
}
