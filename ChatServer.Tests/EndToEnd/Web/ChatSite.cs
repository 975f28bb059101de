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
    public static TimeSpan Patient { get; } = TimeSpan.FromSeconds(60);

    public static string AddressOf(ServiceProcess service) => service.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>A room that nobody else uses. Options as the API has them.</summary>
    public async Task<string> RoomAsync(object? options = null)
    {
        var name = $"room-{Guid.NewGuid():N}"[..16];
        await MakeAsync(name, options);
        return name;
    }

    public async Task MakeAsync(string name, object? options = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/room/{name}") { Headers = { { "X-API-Key", Key } }, Content = JsonContent.Create(options ?? new { }) };
        using var response = await Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Sends the numbers from 1 to <paramref name="count"/> as one member, who has left at the end.</summary>
    public Task SayAsync(string room, int count) => SayAsync(room, "Counter", Enumerable.Range(1, count));

    /// <summary>Sends the numbers below <paramref name="count"/> as eight members at once, each with its own name, who have left at the end.</summary>
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

    public async Task OperateAsync(HttpMethod method, string path, string? json = null)
    {
        using var response = await Admin.SendAsync(method, path, AdminKey, json);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>A browser of its own, with nothing remembered but the <paramref name="name"/> that somebody gave at <paramref name="origin"/>.</summary>
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
                origins = new[] { new { origin, localStorage = new[] { new { name = "chat.name", value = JsonSerializer.Serialize(name) } } } },
            }),
        });
        _contexts.Add(context);
        context.SetDefaultTimeout((float)Patient.TotalMilliseconds);
        return await context.NewPageAsync();
    }

    /// <summary>A person who came to a room with a browser of their own, gave a name, and is in.</summary>
    public async Task<IPage> PersonAsync(string name, string room, ServiceProcess? at = null, bool dark = false, bool narrow = false)
    {
        var page = await BrowserAsync(dark, narrow);
        await EnterAsync(page, name, room, at);
        await Assertions.Expect(page.Locator("#count")).ToContainTextAsync("here");
        return page;
    }

    /// <summary>Goes to a room and gives a name; the rest is up to the room.</summary>
    public async Task EnterAsync(IPage page, string name, string room, ServiceProcess? at = null)
    {
        await page.GotoAsync($"{AddressOf(at ?? LoadBalancers[0])}/room/{room}");
        await page.GetByLabel("Your name").FillAsync(name);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>The Admin's page after its key was given; shows all rooms, or <paramref name="room"/>.</summary>
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
