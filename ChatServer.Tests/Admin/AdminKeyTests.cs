using System.Net;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminKeyTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    public static TheoryData<string, string> Calls => new()
    {
        { "GET", "/api/v1/" },
        { "GET", "/api/v1/load" },
        { "GET", "/api/v1/rooms" },
        { "GET", "/api/v1/room/kept" },
        { "GET", "/api/v1/audit" },
        { "GET", "/api/v1/bans" },
        { "POST", "/api/v1/room/kept/token" },
        { "POST", "/api/v1/ban" },
        { "POST", "/api/v1/unban" },
        { "POST", "/api/v1/room/kept/kick" },
        { "POST", "/api/v1/room/kept/ban" },
        { "POST", "/api/v1/room/kept/unban" },
        { "POST", "/api/v1/room/kept/mute" },
        { "POST", "/api/v1/room/kept/unmute" },
        { "DELETE", "/api/v1/room/kept/messages/1" },
        { "DELETE", "/api/v1/room/kept/shutdown" },
        { "DELETE", "/api/v1/shutdown" },
        { "POST", "/api/v1/message" },
        { "POST", "/api/v1/room/kept/message" },
        { "POST", "/api/v1/host/host-1/drain" },
        { "POST", "/api/v1/host/host-1/resume" },
        { "POST", "/api/v1/rebalance" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Every_call_is_refused_without_the_key_and_does_nothing(string method, string path)
    {
        await cluster.CreateAsync("kept");
        await cluster.Backplane.Shutdown.IsOrderedAsync();
        foreach (var key in (string?[])[null, "", "wrong", $"{AdminCluster.Key},{AdminCluster.OtherKey}"])
        {
            var response = await cluster.Admin.SendAsync(new HttpMethod(method), path, key, method == "POST" ? """{"text":"x"}""" : null);
            await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        }
        Assert.Equal(RoomState.Open, (await cluster.Backplane.Rooms.FindAsync("kept"))!.State);
        Assert.False(await cluster.Backplane.Shutdown.IsOrderedAsync());
        Assert.Empty(await cluster.Backplane.Announcements.ReadAfterAsync(0));
    }

    [Theory]
    [InlineData(AdminCluster.Key)]
    [InlineData(AdminCluster.OtherKey)]
    public async Task Every_configured_key_is_accepted(string key)
    {
        var response = await cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/", key);
        Assert.Equal(
            """{"data":{"app":"Admin chatserver","version":"1.0.0"}}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Missing_key_stops_the_process_with_one_line_that_names_it()
    {
        await using var process = ServiceProcess.Launch("ChatServer.Admin", ("ConnectionStrings__redis", "127.0.0.1:1"), ("ADMIN_KEY", ""));
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("ADMIN_KEY is not set", Assert.Single(process.Output.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public Task Page_loads_nothing_from_other_origins() => cluster.Admin.HasLocalDocsPageAsync();

    [Fact]
    public async Task Every_call_is_described_with_its_key() => Assert.Equal(
        Calls.Select(call => $"{call.Data.Item1} {Template(call.Data.Item2)}").Order(StringComparer.Ordinal),
        await cluster.Admin.HasCompleteDescriptionAsync(_ => true));

    private static string Template(string path) => path
        .Replace("kept", "{name}", StringComparison.Ordinal).Replace("messages/1", "messages/{seq}", StringComparison.Ordinal)
        .Replace("host-1", "{id}", StringComparison.Ordinal).TrimEnd('/');
}
