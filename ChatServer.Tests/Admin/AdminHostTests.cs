using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminHostTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    [Fact]
    public async Task Host_is_drained_and_resumed()
    {
        var host = await cluster.StartHostAsync("host-2");

        await AssertAcceptedAsync("host-2", "drain", "Draining");
        Assert.True(await host.Process.Drain.IsOrderedAsync("host-2"));
        var elsewhere = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => cluster.CreateAsync($"elsewhere-{i}")));
        Assert.All(elsewhere, room => Assert.Equal("host-1", room.HostId));

        await AssertAcceptedAsync("host-2", "resume", "Taking rooms again");
        Assert.False(await host.Process.Drain.IsOrderedAsync("host-2"));
    }

    [Theory]
    [InlineData("drain")]
    [InlineData("resume")]
    public async Task Dead_host_is_not_found(string order)
    {
        using var answer = await cluster.Admin.SendAsync(HttpMethod.Post, $"/api/v1/host/nobody/{order}", AdminCluster.Key);
        await answer.IsProblemAsync(HttpStatusCode.NotFound, "host-not-found");
    }

    private async Task AssertAcceptedAsync(string host, string order, string message)
    {
        using var answer = await cluster.Admin.SendAsync(HttpMethod.Post, $"/api/v1/host/{host}/{order}", AdminCluster.Key);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var data = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("data");
        Assert.Equal($$"""{"id":"{{host}}","message":"{{message}}"}""", data.GetRawText());
    }
}
