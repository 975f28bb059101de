using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>One test's use of a <see cref="ChatDeployment"/>: its pages are closed at the test's end.</summary>
public sealed class ChatSite : IAsyncDisposable
{
    public const string AdminKey = ChatDeployment.AdminKey;
    private const string Key = ChatDeployment.Key;

    private readonly ChatDeployment _deployment;
    private readonly List<IBrowserContext> _contexts = [];

    internal ChatSite(ChatDeployment deployment) => _deployment = deployment;

    public ServiceProcess Api => _deployment.Api;

    public ServiceProcess Admin => _deployment.Admin;

    public IReadOnlyList<ServiceProcess> LoadBalancers => _deployment.LoadBalancers;

    public IList<ServiceProcess> RoomHosts => _deployment.RoomHosts;

    /// <summary>Generous: a browser and eight processes share the machine with other tests.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(60);

    public static string AddressOf(ServiceProcess service) => service.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>Creates a room for one test, with the options of the API.</summary>
    public async Task<string> RoomAsync(object? options = null)
    {
        var name = $"room-{Guid.NewGuid():N}"[..16];
        await CreateRoomAsync(name, options);
        return name;
    }

    public Task CreateRoomAsync(string name, object? options = null) => SendRoomAsync(HttpMethod.Post, name, options ?? new { });

    /// <summary>Changes options of a room.</summary>
    public Task ChangeRoomAsync(string name, object change) => SendRoomAsync(HttpMethod.Patch, name, change);

    private async Task SendRoomAsync(HttpMethod method, string name, object body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/room/{name}")
        {
            Headers = { { "X-API-Key", Key } },
            Content = JsonContent.Create(body),
        };
        using var response = await Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Sends the numbers from 1 to <paramref name="count"/> as one member, who has left at the end.</summary>
    public Task SayAsync(string room, int count) => SayAsync(room, "Counter", Enumerable.Range(1, count));

    /// <summary>
    /// Sends the numbers below <paramref name="count"/> as eight concurrent members, each with its own name, who have left at the end.
    /// </summary>
    public Task TalkAsync(string room, int count) => Task.WhenAll(Enumerable.Range(0, 8).Select(speaker =>
        SayAsync(room, $"Speaker {speaker}", Enumerable.Range(0, count).Where(i => i % 8 == speaker))));

    // On the room's port: a call of the Api for each message would cost the machine ten times as much.
    private async Task SayAsync(string room, string user, IEnumerable<int> numbers)
    {
        var description = await Api.GetDataAsync($"/api/v1/room/{room}");
        var address = $"{description.GetProperty("host").GetString()}:{description.GetProperty("port").GetInt32()}";
        await using var member = await RoomClient.JoinAsync(new Uri($"ws://{address}/?history=0&user={Uri.EscapeDataString(user)}"));
        var texts = numbers.Select(number => $"{number}").ToList();
        foreach (var text in texts) await member.SendAsync(new { type = "message", id = text, text });
        foreach (var text in texts) await member.NextAsync(e => e["user"] == user && e["text"] == text, text);
        await member.CloseAsync();
    }

    /// <summary>A join token for a room, which is valid for ten minutes.</summary>
    public async Task<string> TokenAsync(string room, string user, params string[] permissions)
    {
        var json = JsonSerializer.Serialize(new { user, permissions, expiresInSeconds = 600 });
        using var response = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/token", Key, json);
        response.EnsureSuccessStatusCode();
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return body.GetProperty("data").GetProperty("token").GetString()!;
    }

    /// <summary>The texts of a room's messages, as the log has them.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string room)
    {
        var texts = new List<string>();
        for (var before = ""; ;)
        {
            var page = await Api.GetDataAsync($"/api/v1/room/{room}/messages?limit=1000{before}", Key);
            texts.InsertRange(0, page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("text").GetString()!));
            if (page.GetProperty("next").ValueKind == JsonValueKind.Null) return texts;
            before = $"&before={page.GetProperty("next").GetInt64()}";
        }
    }

    /// <inheritdoc cref="ChatDeployment.KillHostOfAsync"/>
    public Task KillHostOfAsync(string room) => _deployment.KillHostOfAsync(room);

    public async Task SendToAdminAsync(HttpMethod method, string path, string? json = null)
    {
        using var response = await Admin.SendAsync(method, path, AdminKey, json);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>
    /// A page in a browser context of its own, whose storage contains only the <paramref name="name"/> for <paramref name="origin"/>.
    /// </summary>
    public async Task<IPage> BrowserAsync(bool dark = false, bool narrow = false, string? name = null, string? origin = null)
    {
        var context = await _deployment.Browser.NewContextAsync(new()
        {
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = narrow ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 800 },
            Locale = "en-GB",
            TimezoneId = "Europe/London",
            StorageState = name is null ? null : JsonSerializer.Serialize(new
            {
                cookies = Array.Empty<string>(),
                origins = new[]
                {
                    new { origin, localStorage = new[] { new { name = "chat.name", value = JsonSerializer.Serialize(name) } } },
                },
            }),
        });
        _contexts.Add(context);
        context.SetDefaultTimeout((float)Timeout.TotalMilliseconds);
        return await context.NewPageAsync();
    }

    /// <summary>The page of a member that has joined a room, in a browser context of its own.</summary>
    public async Task<IPage> JoinAsync(string name, string room, ServiceProcess? at = null, bool dark = false, bool narrow = false)
    {
        var page = await BrowserAsync(dark, narrow);
        await OpenRoomAsync(page, name, room, at);
        await Assertions.Expect(page.Locator("#member-count")).ToContainTextAsync("here");
        return page;
    }

    /// <summary>Opens the page of a room and enters a name. Does not wait for the join.</summary>
    public async Task OpenRoomAsync(IPage page, string name, string room, ServiceProcess? at = null)
    {
        await page.GotoAsync($"{AddressOf(at ?? LoadBalancers[0])}/room/{room}");
        await page.GetByLabel("Your name").FillAsync(name);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>The admin page after its key was entered; shows all rooms, or <paramref name="room"/>.</summary>
    public async Task<IPage> OperatorAsync(string? room = null)
    {
        var page = await BrowserAsync();
        await page.GotoAsync($"{AddressOf(Admin)}/#/{(room is null ? "" : $"room/{room}")}");
        await GiveKeyAsync(page);
        return page;
    }

    public static async Task GiveKeyAsync(IPage page)
    {
        await page.GetByLabel("Admin key").FillAsync(AdminKey);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#health").ShowsAsync("Live");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in _contexts) await context.CloseAsync();
    }
}
