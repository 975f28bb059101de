using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>A banned member on every path back into the room.</summary>
[Collection(AppHostCollection.Name)]
public sealed class BannedMemberTests(SharedAppHost shared) : AbuseTests(shared)
{
    private const string Session = "session-of-mallory-2";

    [Fact]
    public async Task Banned_member_stays_out_of_every_path_after_a_move_and_after_a_restart_of_the_hosts()
    {
        var room = $"banned-{Guid.NewGuid():N}";
        await Deployment.CreateAsync(room);
        await using var mallory = await Deployment.JoinAsync(Deployment.Entrances[0], room, $"user=mallory&session={Session}");
        await using var ann = await Deployment.JoinAsync(Deployment.Entrances[1], room, "user=ann&session=session-of-ann-123");
        await Deployment.OperateAsync($"room/{room}/ban", new { user = "mallory", address = true });
        Assert.Equal((int)CloseCodes.Banned, (await mallory.ClosedAsync()).Code);

        await StaysOutAsync(room, mallory);
        // The other member has the same address: it was in the room, so the ban of the address ended its membership too.
        Assert.Equal((int)CloseCodes.Banned, (await ann.ClosedAsync()).Code);
        await Deployment.MoveRoomsAsync();
        await StaysOutAsync(room, mallory);

        await Task.WhenAll(AppHost.CrashAsync("roomhost-1"), AppHost.CrashAsync("roomhost-2"));
        await AppHost.ReadyAsync();
        await StaysOutAsync(room, mallory);
        await Deployment.OperateAsync($"room/{room}/unban", new { user = "mallory" });
        await using var back = await Deployment.RejoinAsync(Deployment.Entrances[1], room, $"user=mallory&session={Session}");
    }

    private async Task StaysOutAsync(string room, RoomClient banned)
    {
        string[] queries =
        [
            $"user=mallory&session={Session}", $"user=another-name&session={Session}", $"session={Session}&since={banned.Since}",
            "user=innocent&session=another-session-12", "",
        ];
        foreach (var query in queries)
        {
            await RefusedAsync(Deployment.Entrances[0], $"/rooms/{room}", query);
            await RefusedAsync(Deployment.Entrances[1], $"/rooms/{room}", query);
            var port = (await Deployment.GetAsync($"room/{room}")).GetProperty("port").GetInt32();
            await RefusedAsync(port, "/", query);
        }
    }

    // While the room moves, the answer is 503 or none.
    private static async Task RefusedAsync(int port, string path, string query)
    {
        var status = await Eventually.Async(
            async () =>
            {
                using var refusal = await RoomClient.HandshakeAsync(new AttackTarget(port, path).Url(query));
                return refusal.StatusCode;
            },
            status => status is HttpStatusCode.Forbidden or HttpStatusCode.SwitchingProtocols);
        Assert.Equal(HttpStatusCode.Forbidden, status);
    }
}
