using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// A busy server on the admin page. The test answers in place of the Admin, with its types: two hosts, their rooms, and one minute of
/// samples, one for each request of the page.
/// </summary>
internal static class BusyServerScene
{
    private const long GB = 1L << 30, MB = 1L << 20;

    /// <summary>Number of samples in a little more than a minute, and their interval.</summary>
    private const int Samples = 34, Step = 2_000; // ms

    private static readonly DateTime Now = new(2026, 6, 13, 9, 24, 0, DateTimeKind.Utc);

    private static readonly (string Name, string Title, int Members, int Messages)[] Rooms =
    [
        ("bakers", "bakers", 18, 2_204), ("band", "band", 6, 391), ("coffee", "coffee", 11, 874), ("first-aid", "first-aid", 4, 57),
        ("night-market", "Night market", 42, 6_120), ("press", "press", 3, 12), ("volunteers", "volunteers", 131, 18_446),
    ];

    public static async Task PlayAsync(IPage page, string address)
    {
        var asked = 0;
        await page.Clock.InstallAsync(new() { TimeDate = Now });
        await page.RouteAsync("**/api/v1/load", route => AnswerAsync(route, Load(asked++)));
        await page.RouteAsync("**/api/v1/rooms?*", route => AnswerAsync(route, new AdminRoomPage([.. Rooms.Select(Describe)], null)));
        await page.GotoAsync(address);
        await page.GetByLabel("Admin key").FillAsync(ChatSite.AdminKey);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".host")).ToHaveCountAsync(2);
        for (var i = 1; i < Samples; i++)
        {
            await page.Clock.FastForwardAsync(Step);
            await Eventually.Async(() => asked, count => count > i, ChatSite.Timeout);
        }
        await Assertions.Expect(page.Locator("#rooms-rows tr")).ToHaveCountAsync(Rooms.Length);
    }

    private static LoadReport Load(int sample) => new(
        [1.4 + .3 * Wave(sample, 9), 1.3, 1.1], 16 * GB, 11 * GB, 31, 8, string.Join(',', Rooms.Select(room => room.Name)),
        19_993, 1_209_600, "P9DT2H", true,
        [
            Host("rooms-1", 4, 116 + (int)(9 * Wave(sample, 21)), 46 + 16 * Wave(sample, 5), .21 + .06 * Wave(sample, 11)),
            Host("rooms-2", 3, 71 + sample / 2, 27 + 12 * Wave(sample, 7), .12 + .05 * Wave(sample, 13)),
        ]);

    private static HostLoad Host(string id, int rooms, int connections, double messages, double cpu) =>
        new(id, $"10.0.0.2{id[^1]}", rooms, 10_000, connections, messages, cpu, (110 + connections / 8) * MB, "up", "1.0.0", Now);

    // Between -1 and 1, without a visible period.
    private static double Wave(int sample, double period) => .6 * Math.Sin(sample / period * 6.28) + .4 * Math.Sin(sample * 1.7 + period);

    private static AdminRoomDescription Describe((string Name, string Title, int Members, int Messages) room, int index) => new(
        room.Name, room.Title, $"10.0.0.2{index % 2 + 1}", 34_000 + index / 2, $"wss://chat.example/rooms/{room.Name}",
        [], room.Members, room.Messages,
        false, Now.AddDays(-9).AddMinutes(37 * index), new RoomOptions(), []);

    private static Task AnswerAsync(IRoute route, object data) =>
        route.FulfillAsync(new() { ContentType = "application/json", Body = JsonSerializer.Serialize(new { data }, ContractJson.Options) });
}
