using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Processes are killed while members use them, and the AppHost starts them again.</summary>
[Collection(AppHostCollection.Name)]
public sealed class CrashTests(SharedAppHost shared) : DeploymentTests(shared)
{
    private const int Messages = 200;

    [Fact]
    public async Task RoomHost_kill_loses_and_duplicates_nothing_for_members_behind_a_load_balancer()
    {
        await Deployment.RemoveRoomsAsync();
        await CreateOnSecondHostAsync("crash");
        const string Ann = "user=ann&session=ann-0123456789abcdef", Ben = "user=ben&session=ben-0123456789abcdef";
        var (annsDoor, bensDoor) = (Deployment.Entrances[0], Deployment.Entrances[1]);
        var speaker = await Deployment.JoinAsync(annsDoor, "crash", Ann);
        var listener = await Deployment.JoinAsync(bensDoor, "crash", Ben);
        for (var i = 0; i < Messages / 2; i++) await speaker.SayAsync($"text {i}", $"m{i}");

        // The sender cannot know whether the log contains the message: it sends the message again.
        for (var i = Messages / 2; i < Messages / 2 + 10; i++) await speaker.SendAsync(Message(i));
        var killed = SecondHost();
        killed.Kill();
        await Task.WhenAll(speaker.ClosedAsync(), listener.ClosedAsync());
        await using var speakerAgain = await Deployment.RejoinAsync(annsDoor, "crash", $"{Ann}&since={speaker.Since}");
        await using var listenerAgain = await Deployment.RejoinAsync(bensDoor, "crash", $"{Ben}&since={listener.Since}");

        Assert.All([speakerAgain, listenerAgain], member => Assert.True(
            member.Welcome.Json.GetProperty("resumed").GetBoolean(), $"{member.Welcome}"));
        await Eventually.Async(() => Deployment.HostAsync("roomhost-1"), host => host?.GetProperty("rooms").GetInt32() == 1);
        for (var i = Messages / 2; i < Messages; i++) await speakerAgain.SayAsync($"text {i}", $"m{i}");
        await listenerAgain.CatchUpAsync();
        var heard = listener.Log.Concat(listenerAgain.Log).ToList();
        Assert.Equal(Enumerable.Range(1, Messages).Select(seq => (long)seq), heard.Select(message => message.Seq));
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"text {i}"), heard.Select(message => message["text"]));
        Assert.Equal(heard.Select(message => message["text"]), await Deployment.TextsAsync("crash"));
        await Eventually.Async(SecondHost, host => host.Id != killed.Id, RunningAppHost.Timeout);
        await speaker.DisposeAsync();
        await listener.DisposeAsync();
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
