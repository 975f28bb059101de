using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml;
using ChatServer.Backplane.Hosts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminServerTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    [Fact]
    public async Task Load_report_covers_machine_rooms_and_hosts()
    {
        await cluster.CreateAsync("load-b");
        await cluster.CreateAsync("load-a");
        // The host reports its number of rooms with the next renewal of its lease.
        var data = await Eventually.Async(
            () => cluster.Admin.GetDataAsync("/api/v1/load", AdminCluster.Key),
            load => Host(load, "host-1").GetProperty("rooms").GetInt32() == 2);

        Assert.Equal(
            [
                "loadAvg", "totalMemory", "freeMemory", "percentage", "cpus", "rooms", "capacity", "osUpTime", "upTime",
                "acceptingConnections", "hosts",
            ],
            data.EnumerateObject().Select(member => member.Name));
        Assert.All(data.GetProperty("loadAvg").EnumerateArray(), average => Assert.InRange(average.GetDouble(), 0, 10_000));
        Assert.Equal(3, data.GetProperty("loadAvg").GetArrayLength());
        var (total, free) = (data.GetProperty("totalMemory").GetInt64(), data.GetProperty("freeMemory").GetInt64());
        Assert.InRange(free, 1, total);
        Assert.Equal(100.0 * (total - free) / total, data.GetProperty("percentage").GetDouble(), tolerance: 0.01);
        Assert.Equal(Environment.ProcessorCount, data.GetProperty("cpus").GetInt32());
        Assert.Equal("load-a,load-b", data.GetProperty("rooms").GetString());
        Assert.Equal(998, data.GetProperty("capacity").GetInt32());
        Assert.InRange(data.GetProperty("osUpTime").GetInt64(), 1, Environment.TickCount64 / 1000);
        Assert.InRange(XmlConvert.ToTimeSpan(data.GetProperty("upTime").GetString()!), TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.True(data.GetProperty("acceptingConnections").GetBoolean());
        Assert.Equal(
            """{"id":"host-1","host":"127.0.0.1","rooms":2,"capacity":1000,"connections":3,"messagesPerSecond":1.5,"cpu":0.25"""
            + ""","memory":3000000000,"state":"up","version":"1.0.0","lastSeen":"2023-11-14T22:13:20.123+00:00"}""",
            Host(data, "host-1").GetRawText());
    }

    [Fact]
    public async Task Stopping_host_accepts_no_rooms()
    {
        var other = await cluster.StartHostAsync("host-2", capacity: 7);
        await other.DieAsync();
        // The lease may expire before the response on a busy machine.
        var data = await Eventually.Async(
            async () =>
            {
                await other.RenewAsync(HostRecord.Stopping);
                return await cluster.Admin.GetDataAsync("/api/v1/load", AdminCluster.Key);
            },
            load => Host(load, "host-1").ValueKind == JsonValueKind.Object && Host(load, "host-2").ValueKind == JsonValueKind.Object);
        Assert.Equal("stopping", Host(data, "host-2").GetProperty("state").GetString());
        Assert.Equal(1000 - Host(data, "host-1").GetProperty("rooms").GetInt32(), data.GetProperty("capacity").GetInt32());
    }

    [Fact]
    public async Task Server_shutdown_is_ordered_and_the_admin_keeps_running()
    {
        await cluster.Backplane.Shutdown.IsOrderedAsync();
        var rooms = await cluster.Backplane.Rooms.CountAsync();

        var response = await cluster.Admin.SendAsync(HttpMethod.Delete, "/api/v1/shutdown", AdminCluster.Key);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var data = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("data");
        Assert.Equal(["message", "rooms"], data.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("Shutting down", rooms), (data.GetProperty("message").GetString(), data.GetProperty("rooms").GetInt64()));
        Assert.True(await cluster.Backplane.Shutdown.IsOrderedAsync());
        await cluster.Admin.GetDataAsync("/api/v1/", AdminCluster.Key);
    }

    private static JsonElement Host(JsonElement load, string id) =>
        load.GetProperty("hosts").EnumerateArray().Single(host => host.GetProperty("id").GetString() == id);
}
