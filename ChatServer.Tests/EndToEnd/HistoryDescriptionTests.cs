using System.Net;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

[Collection(AppHostCollection.Name)]
public sealed class HistoryDescriptionTests(SharedAppHost shared) : DeploymentTests(shared)
{
    [Fact]
    public async Task Events_of_a_history_have_the_members_that_the_description_states()
    {
        await Deployment.CreateAsync("described");
        await using var ann = await Deployment.JoinAsync(Deployment.Entrances[0], "described", "user=ann&session=session-of-ann-1");
        await ann.SayAsync("kept");
        var deleted = await ann.SayAsync("deleted");
        await Deployment.OperateAsync("room/described/message", new { text = "an announcement" });
        await ann.NextAsync("announcement");
        var answer = await Deployment.CallAsync(Deployment.AppHost.ApiPort, HttpMethod.Delete, $"room/described/messages/{deleted.Seq}");
        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var history = (await Deployment.GetAsync("room/described/messages")).GetProperty("messages").EnumerateArray().ToList();
        var document = JsonElement.Parse(await Deployment.ReadAsync($"http://localhost:{Deployment.AppHost.ApiPort}/openapi/v1.json"));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        var mapping = schemas.GetProperty("HistoryEvent").GetProperty("discriminator").GetProperty("mapping");

        Assert.Equal(["message", "message", "announcement", "deleted"], history.Select(e => e.GetProperty("type").GetString()!));
        Assert.All(history, e =>
        {
            var schema = schemas.GetProperty(mapping.GetProperty(e.GetProperty("type").GetString()!).GetString()!.Split('/')[^1]);
            var members = e.EnumerateObject().Select(member => member.Name).ToList();
            Assert.Empty(members.Except(schema.GetProperty("properties").EnumerateObject().Select(member => member.Name)));
            Assert.Empty(schema.GetProperty("required").EnumerateArray().Select(member => member.GetString()!).Except(members));
        });
    }
}
