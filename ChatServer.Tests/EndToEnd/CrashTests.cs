using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Processes are killed while members use them, and the AppHost starts them again.</summary>
[Collection(AppHostCollection.Name)]
public sealed class CrashTests(SharedAppHost shared) : DeploymentTests(shared)
{
    private const int Messages = 200;

    [Fact]
    public async Task Members_of_load_balancers_keep_their_connections_and_lose_nothing_when_the_RoomHost_is_killed()
    {
        await Deployment.RemoveRoomsAsync();
        await CreateOnSecondHostAsync("crash");
        await using var speaker = await Deployment.JoinAsync(Deployment.Entrances[0], "crash", "user=ann");
        await using var listener = await Deployment.JoinAsync(Deployment.Entrances[1], "crash", "user=ben");
        for (var i = 0; i < Messages / 2; i++) await speaker.SayAsync($"text {i}", $"m{i}");

        // The load balancer cannot know whether the log contains these: it sends them again.
        for (var i = Messages / 2; i < Messages / 2 + 10; i++) await speaker.SendAsync(Message(i));
        var killed = SecondHost();
        killed.Kill();
        for (var i = Messages / 2 + 10; i < Messages; i++) await speaker.SayAsync($"text {i}", $"m{i}");

        Assert.All([speaker, listener], member => Assert.False(member.HasEnded));
        await Eventually.Async(() => Deployment.HostAsync("roomhost-1"), host => host?.GetProperty("rooms").GetInt32() == 1);
        await listener.CatchUpAsync();
        foreach (var member in (RoomClient[])[speaker, listener])
        {
            Assert.Equal(Enumerable.Range(1, Messages).Select(seq => (long)seq), member.Log.Select(message => message.Seq));
            Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"text {i}"), member.Log.Select(message => message["text"]));
        }
        Assert.Equal(listener.Log.Select(message => message["text"]), await Deployment.TextsAsync("crash"));
        await Eventually.Async(SecondHost, host => host.Id != killed.Id, RunningAppHost.Timeout);
    }

    [Fact]
    public async Task Deployment_recovers_from_an_embedded_Redis_kill_with_data_loss()
    {
        await Eventually.Async(() => Deployment.CreateAsync("forgotten"), answer => answer.Status == HttpStatusCode.OK);
        var others = Others();
        var redis = Assert.Single(Deployment.Processes("Redis"));
        redis.Kill();

        await Eventually.Async(() => Deployment.CreateAsync("new"), answer => answer.Status == HttpStatusCode.OK, RunningAppHost.Timeout);
        foreach (var room in (string[])["forgotten", "new"])
        {
            await Eventually.Async(
                () => Deployment.ReadAsync($"http://localhost:{Deployment.Entrances[0]}/rooms/{room}"), name => name == room);
            await using var member = await Deployment.RejoinAsync(Deployment.Entrances[1], room, "user=ann");
            await member.SayAsync("hello");
            await Deployment.OperateAsync($"room/{room}/message", new { text = "Hear, hear." });
            Assert.Equal("Hear, hear.", (await member.NextAsync("announcement"))["text"]);
            // The other test counts the rooms.
            await Deployment.CallAsync(Deployment.AppHost.AdminPort, HttpMethod.Delete, $"room/{room}/shutdown");
        }
        Assert.NotEqual(redis.Id, Assert.Single(Deployment.Processes("Redis")).Id);
        Assert.Equal(others, Others());

        List<int> Others() =>
            [.. Deployment.AppHost.Services().Where(service => service.Name != "ChatServer.Redis").Select(service => service.Id).Order()];
    }

    private static object Message(int i) => new { type = "message", id = $"m{i}", text = $"text {i}" };

    // The placement chooses the host of a room, unless the other host drains.
    private async Task CreateOnSecondHostAsync(string room)
    {
        await Eventually.Async(() => Deployment.HostAsync("roomhost-2"), host => host is not null, RunningAppHost.Timeout);
        await Deployment.OperateAsync("host/roomhost-1/drain");
        await Eventually.Async(() => Deployment.HostAsync("roomhost-1"), host => host is { } drained
            && drained.GetProperty("state").GetString() == "draining" && drained.GetProperty("rooms").GetInt32() == 0);
        Assert.Equal(HttpStatusCode.OK, (await Deployment.CreateAsync(room)).Status);
        await Deployment.OperateAsync("host/roomhost-1/resume");
        await Eventually.Async(() => Deployment.HostAsync("roomhost-1"), host => host?.GetProperty("state").GetString() == "up");
    }

    private Service SecondHost() => Deployment.Processes("RoomHost").Single(host => host.Environment()["HOST_ID"] == "roomhost-2");
}
