using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>The commands of the dashboard, executed as the dashboard does.</summary>
[Collection(AppHostCollection.Name)]
public sealed class DashboardCommandTests(SharedAppHost shared) : SharedAppHostTests(shared)
{
    [Fact]
    public async Task Create_room_shows_the_port_and_keeps_the_title()
    {
        var result = await AppHost.ExecuteAsync("api", "create-room", ("name", "from-dashboard"), ("title", "From the dashboard"));

        Assert.True(result.Success, result.Message);
        Assert.Contains("Room created", result.Data!.Value, StringComparison.Ordinal);
        using var http = new HttpClient();
        var room = await http.GetFromJsonAsync<JsonElement>(
            $"http://localhost:{AppHost.ApiPort}/api/v1/room/from-dashboard", TestContext.Current.CancellationToken);
        Assert.Equal("From the dashboard", room.GetProperty("data").GetProperty("title").GetString());
    }

    [Fact]
    public async Task Create_room_with_an_invalid_name_shows_the_problem()
    {
        var result = await AppHost.ExecuteAsync("api", "create-room", ("name", "not a name"), ("title", ""));

        Assert.False(result.Success);
        Assert.Contains("invalid-room-name", result.Data!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Announce_reaches_the_members_of_one_room_or_of_all()
    {
        Assert.True((await AppHost.ExecuteAsync("api", "create-room", ("name", "announced"), ("title", ""))).Success);
        await using var member = await RoomClient.JoinAsync(
            new Uri($"ws://localhost:{AppHost.LoadBalancerPorts[0]}/rooms/announced?user=ann"));

        foreach (var (text, room) in (IEnumerable<(string, string)>)[("To all.", ""), ("To one.", "announced")])
        {
            var result = await AppHost.ExecuteAsync("admin", "announce", ("text", text), ("room", room));
            Assert.True(result.Success, result.Message);
            Assert.Equal(text, (await member.NextAsync("announcement"))["text"]);
        }
    }

    [Fact]
    public async Task Drain_and_resume_change_the_state_of_a_RoomHost()
    {
        foreach (var (command, state) in (IEnumerable<(string, string)>)[("drain", "draining"), ("resume", "up")])
        {
            var result = await AppHost.ExecuteAsync("roomhost-2", command);
            Assert.True(result.Success, result.Message);
            await Eventually.Async(() => StateAsync("roomhost-2"), now => now == state);
        }
    }

    [Fact]
    public void Shut_down_asks_for_confirmation() => Assert.NotNull(
        Assert.Single(AppHost.Resource("admin").Commands, command => command.Name == "shut-down").ConfirmationMessage);

    private async Task<string?> StateAsync(string host)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { { "X-API-Key", "ADMIN_TESTING_KEY" } } };
        var load = await http.GetFromJsonAsync<JsonElement>(
            $"http://localhost:{AppHost.AdminPort}/api/v1/load", TestContext.Current.CancellationToken);
        var hosts = load.GetProperty("data").GetProperty("hosts").EnumerateArray();
        return hosts.Single(one => one.GetProperty("id").GetString() == host).GetProperty("state").GetString();
    }
}
