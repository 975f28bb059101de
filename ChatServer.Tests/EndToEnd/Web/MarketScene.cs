using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// Five members plan a night market; the page is that of one of them. The messages go through a room. On the way to the page, their
/// times are replaced by those of the scene, which lasts two days.
/// </summary>
internal sealed class MarketScene : IAsyncDisposable
{
    private const string Me = "Anna Lind", Announcer = "";

    private static readonly string[] Others = ["Jonas", "Mara Holm", "Ines Ferrer", "Sam Okafor"];

    private static readonly DateTime Now = new(2026, 6, 13, 9, 24, 0, DateTimeKind.Utc);

    private static readonly (string At, string Who, string Text)[] Lines =
    [
        ("06-12T18:31", "Mara Holm", "The permit is here: the square is ours from five to midnight 🎉"),
        ("06-12T18:32", "Mara Holm", "All of it, fountain included."),
        ("06-13T09:12", "Ines Ferrer", "Stall plan, second draft: https://nightmarket.example/plan"),
        ("06-13T09:12", "Ines Ferrer", "Please look at row C,\nit is a little tight for the bakers."),
        ("06-13T09:15", Me, "Fine if we move the coffee cart."),
        ("06-13T09:16", Me, "Sam, would you mind?"),
        ("06-13T09:20", Announcer, "At noon this server moves to another machine. You will not notice."),
        ("06-13T09:23", "Sam Okafor", "Not at all, beside the fountain is the best place 👍"),
    ];

    private readonly List<RoomClient> _others = [];

    private MarketScene(IPage page) => Page = page;

    public IPage Page { get; }

    public static async Task<MarketScene> PlayAsync(ChatSite site, bool dark, bool narrow)
    {
        var scene = new MarketScene(await site.BrowserAsync(dark, narrow));
        var room = await site.RoomAsync(new { title = "Night market" });
        await scene.Page.Clock.SetFixedTimeAsync(Now);
        await scene.Page.RouteWebSocketAsync(new Regex("/rooms/"), route =>
            route.ConnectToServer().OnMessage(frame => route.Send(WithTimeOfScene(frame.Text!))));
        await site.OpenRoomAsync(scene.Page, Me, room);
        await scene.Page.Locator("#member-count").ShowsAsync("Only you are here");
        foreach (var name in Others)
        {
            var url = new UriBuilder(site.LoadBalancers[1].Http.BaseAddress!)
            {
                Scheme = "ws",
                Path = $"/rooms/{room}",
                Query = $"user={name}",
            };
            scene._others.Add(await RoomClient.JoinAsync(url.Uri));
        }
        for (var i = 0; i < Lines.Length; i++)
        {
            var (_, who, text) = Lines[i];
            if (who == Announcer)
            {
                var announcement = new JsonObject { ["text"] = text }.ToJsonString();
                await site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", announcement);
            }
            else if (who == Me) await scene.Page.SayAsync(text);
            else await scene._others.Single(other => other.User == who).SayAsync(text);
            // The order is that of the lines.
            await Assertions.Expect(scene.Page.Locator(".row:not(.pending), .announcement")).ToHaveCountAsync(i + 1);
        }
        await scene.Page.Locator("#member-count").ShowsAsync("5 people here");
        await Assertions.Expect(scene.Page.Locator(".day")).ToHaveTextAsync(["Yesterday", "Today"]);
        return scene;
    }

    /// <summary>A member begins to type.</summary>
    public async Task TypeAsync()
    {
        await _others[0].SendAsync(new { type = "typing" });
        await Page.Locator("#typing").ShowsAsync($"{_others[0].User} is typing…");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others) await other.DisposeAsync();
        // Leaves before another test sends an announcement to all rooms: the scene has no time for it.
        await Page.Context.CloseAsync();
    }

    private static string WithTimeOfScene(string frame)
    {
        var json = JsonNode.Parse(frame)!;
        if (json["time"] is not null) json["time"] = $"2026-{Lines[json["seq"]!.GetValue<int>() - 1].At}:00.000Z";
        return json.ToJsonString();
    }
}
