using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Backplane.Hosts;
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
        Assert.All(elsewhere, room => Assert.NotEqual("host-2", room.HostId)); // another test starts host-3

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

    [Fact]
    public async Task Rebalance_orders_hosts_to_move_what_they_have_beyond_their_share()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => cluster.CreateAsync($"crowded-{i}")));
        var host = await cluster.StartHostAsync("host-3"); // has no rooms

        using var answer = await cluster.Admin.SendAsync(HttpMethod.Post, "/api/v1/rebalance", AdminCluster.Key);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var data = (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("data");
        Assert.Equal("Rebalancing", data.GetProperty("message").GetString());
        var orders = new List<RebalanceOrder?>();
        foreach (var id in (string[])["host-1", "host-2", "host-3"])
            orders.Add(await host.Process.Rebalance.TakeAsync(id, Ct));
        Assert.Equal(data.GetProperty("rooms").GetInt32(), orders.OfType<RebalanceOrder>().Sum(order => order.Rooms));
        Assert.Contains(orders, order => order is { Rooms: > 0, Pace: RebalancePace.Fast });
        Assert.Null(orders[2]);
        Assert.Null(await host.Process.Rebalance.TakeAsync("host-1", Ct)); // an order is taken once
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task AssertAcceptedAsync(string host, string order, string message)
    {
        using var answer = await cluster.Admin.SendAsync(HttpMethod.Post, $"/api/v1/host/{host}/{order}", AdminCluster.Key);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var data = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("data");
        Assert.Equal($$"""{"id":"{{host}}","message":"{{message}}"}""", data.GetRawText());
    }
}
