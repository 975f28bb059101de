using System.Collections.Concurrent;
using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Many rooms, and many concurrent requests for one, on a deployment without rate limits.</summary>
[Collection(AppHostCollection.Name)]
public sealed class EndToEndRoomTests(SharedAppHost shared) : DeploymentTests(shared)
{
    private const int Rooms = 500, Members = 10, Each = 200;

    [Fact]
    public async Task Hundred_concurrent_creations_through_both_load_balancers_make_one_room()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => Deployment.CreateAsync("x", at: Deployment.Entrances[i % 2])));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        var port = Assert.Single(answers.Select(answer => answer.Port).Distinct());
        Assert.Single(answers, answer => answer.Data.GetProperty("message").GetString() == "Room created");
        Assert.Equal("x", await Deployment.ReadAsync($"http://localhost:{port}"));
        Assert.Equal(port, (await Deployment.GetAsync("room/x")).GetProperty("port").GetInt32());
    }

    [Fact]
    public async Task Five_hundred_rooms_answer_at_their_ports_and_through_both_load_balancers()
    {
        var ports = new ConcurrentDictionary<string, int>();
        await InParallelAsync(
            Enumerable.Range(0, Rooms).Select(i => $"many-{i}"),
            async room => ports[room] = (await Deployment.CreateAsync(room)).Port);

        Assert.Equal(Rooms, ports.Values.Distinct().Count());
        await InParallelAsync(ports, async room =>
        {
            var entrances = Deployment.Entrances.Select(port => $"http://localhost:{port}/rooms/{room.Key}");
            foreach (var url in entrances.Prepend($"http://localhost:{room.Value}"))
                Assert.Equal(room.Key, await Deployment.ReadAsync(url));
        });
        await Deployment.RemoveRoomsAsync();
    }

    [Fact]
    public async Task Ten_members_on_all_routes_and_a_resuming_member_see_one_order_of_2000_messages()
    {
        var port = (await Deployment.CreateAsync("talk", new { history = 5000 })).Port;
        var members = await Task.WhenAll(Enumerable.Range(0, Members).Select(i => i % 3 == 2
            ? RoomClient.JoinAsync(port, $"user=user-{i}")
            : Deployment.JoinAsync(Deployment.Entrances[i % 3], "talk", $"user=user-{i}")));

        var wandering = WanderAsync("talk", Members * Each);
        var hearing = Task.WhenAll(members.Select(member => member.NextAsync("message", Members * Each)));
        await Task.WhenAll(members.Select(async member =>
        {
            for (var i = 0; i < Each; i++) await member.SendAsync(new { type = "message", id = $"{i}", text = $"{member.User} says {i}" });
        }));

        var heard = (await hearing).Select(log => log.Select(message => message.ToString()).ToList()).ToList();
        var first = (await hearing)[0];
        Assert.Equal(Enumerable.Range(1, Members * Each).Select(seq => (long)seq), first.Select(message => message.Seq));
        Assert.All(first.GroupBy(message => message["user"]), said =>
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{said.Key} says {i}"), said.Select(message => message["text"])));
        Assert.All(heard, log => Assert.Equal(heard[0], log));
        Assert.Equal(heard[0], await wandering);
        foreach (var member in members) await member.DisposeAsync();
    }

    // Receives a fifth of the messages, discards later ones, and resumes after the fifth through the other load balancer.
    private async Task<List<string>> WanderAsync(string room, int count)
    {
        var heard = new List<RoomEvent>();
        // From the first message: the others may have sent some before this member has joined.
        var query = "user=wanderer&session=wanderer-0123456789&history=5000";
        for (var life = 0; life < 5; life++)
        {
            await using var member = await Deployment.JoinAsync(Deployment.Entrances[life % 2], room, query);
            Assert.Equal(life > 0, member.Welcome.Json.GetProperty("resumed").GetBoolean());
            heard.AddRange(await member.NextAsync("message", count / 5));
            query = $"user=wanderer&session=wanderer-0123456789&since={member.Welcome["epoch"]}.{heard[^1].Seq}";
            member.Abort();
        }
        return [.. heard.Select(message => message.ToString())];
    }

    private static Task InParallelAsync<T>(IEnumerable<T> items, Func<T, Task> work) => Parallel.ForEachAsync(
        items,
        new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = TestContext.Current.CancellationToken },
        async (item, _) => await work(item));
}
