using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>The list and the erasure of everything that a user posted.</summary>
[Collection(AppHostCollection.Name)]
public sealed class ErasureTests(SharedAppHost shared) : DeploymentTests(shared)
{
    [Fact]
    public async Task Erasure_removes_the_messages_of_a_user_in_all_rooms_and_no_other()
    {
        var uid = $"user-{Guid.NewGuid():N}";
        string[] rooms = [$"erased-a-{Guid.NewGuid():N}", $"erased-b-{Guid.NewGuid():N}"];
        await Deployment.CreateAsync(rooms[0]);
        await Deployment.CreateAsync(rooms[1], new { durability = "memory" });
        await using var member = await Deployment.JoinAsync(Deployment.Entrances[0], rooms[0], "user=ann");
        foreach (var room in rooms)
        {
            for (var i = 1; i <= 3; i++) await SayAsync(room, uid, $"secret {i}");
            await SayAsync(room, "somebody-else", $"mentions \"uid\":\"{uid}\"");
        }

        Assert.Equal(
            rooms.SelectMany(room => Enumerable.Range(1, 3).Select(seq => (room, (long)seq))), await ListAsync(uid, limit: 2));
        var answer = await Deployment.CallAsync(AppHost.ApiPort, HttpMethod.Delete, $"user/{uid}");
        Assert.True(answer.Status == HttpStatusCode.Accepted, $"{answer}");
        Assert.Equal(2, answer.Data.GetProperty("rooms").GetInt32());

        await Eventually.Async(() => ListAsync(uid, limit: 100), left => left.Count == 0);
        var deleted = await member.NextAsync("deleted");
        Assert.Equal([1, 2, 3], deleted.Json.GetProperty("targets").EnumerateArray().Select(target => target.GetInt32()));
        Assert.Equal("backend", deleted["by"]);
        foreach (var room in rooms)
            Assert.Equal(["", "", "", $"mentions \"uid\":\"{uid}\""], (await HistoryAsync(room)).Select(message => message.Text));

        // The order concerns the past: later messages stay, in old rooms and in new ones.
        await SayAsync(rooms[0], uid, "after");
        var later = $"erased-c-{Guid.NewGuid():N}";
        await Deployment.CreateAsync(later);
        await SayAsync(later, uid, "after");
        var other = await Deployment.CallAsync(AppHost.ApiPort, HttpMethod.Delete, $"user/nobody-{Guid.NewGuid():N}");
        Assert.Equal(0, other.Data.GetProperty("rooms").GetInt32());
        Assert.Equal([(rooms[0], 6L), (later, 1L)], await ListAsync(uid, limit: 100));
    }

    [Theory]
    [InlineData("~short")]
    [InlineData("%20x")]
    public async Task Invalid_uid_is_refused(string uid)
    {
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Delete, ""), (HttpMethod.Get, "/messages")])
        {
            var answer = await Deployment.CallAsync(AppHost.ApiPort, method, $"user/{uid}{path}");
            Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidQuery), (answer.Status, answer.Code));
        }
    }

    private async Task SayAsync(string room, string uid, string text)
    {
        var answer = await Deployment.CallAsync(AppHost.ApiPort, HttpMethod.Post, $"room/{room}/message", new { user = "Ann", uid, text });
        Assert.True(answer.Status == HttpStatusCode.Accepted, $"{answer}");
    }

    private async Task<List<(string Room, long Seq)>> ListAsync(string uid, int limit)
    {
        var found = new List<(string, long)>();
        var next = "";
        while (next is not null)
        {
            var page = await Deployment.GetAsync($"user/{uid}/messages?limit={limit}{(next.Length > 0 ? $"&before={next}" : "")}");
            foreach (var message in page.GetProperty("messages").EnumerateArray())
            {
                Assert.Equal(uid, message.GetProperty("uid").GetString());
                found.Add((message.GetProperty("room").GetString()!, message.GetProperty("seq").GetInt64()));
            }
            next = page.GetProperty("next").GetString();
        }
        return found;
    }

    private async Task<IReadOnlyList<(string Type, string Text)>> HistoryAsync(string room) =>
    [
        .. (await Deployment.GetAsync($"room/{room}/messages")).GetProperty("messages").EnumerateArray()
            .Select(message => (message.GetProperty("type").GetString()!, message.TryGetProperty("text", out var text) ? text.GetString()! : ""))
            .Where(message => message.Item1 == "message"),
    ];
}
