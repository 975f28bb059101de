using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// What a person's browser meets: a Redis, an Api, an Admin, two RoomHosts and three load balancers as processes, and a Chromium to
/// look at them with. A browser that is missing leaves the rest unstarted: <see cref="PersonAsync"/> skips.
/// </summary>
public sealed class ChatSite : IAsyncLifetime
{
    public const string AdminKey = "admin-key";
    private const string Key = "key", LoadBalancerKey = "lb-key";

    private static readonly string? Chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(folder => (string[])[Path.Combine(folder, "chromium"), Path.Combine(folder, "chromium-browser"), Path.Combine(folder, "google-chrome")])
        .FirstOrDefault(File.Exists);

    private readonly List<IAsyncDisposable> _started = [];
    private readonly RedisServer _redis = RedisServer.Preferred();
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public ServiceProcess Api { get; private set; } = null!;

    public ServiceProcess Admin { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> LoadBalancers { get; private set; } = null!;

    /// <summary>Each at an address of its own, by which a room's description tells whose it is.</summary>
    public IList<ServiceProcess> RoomHosts { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (Chromium is null) return;
        await Own(_redis).StartAsync();
        LoadBalancers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync("LoadBalancer", "PORT", ("LOADBALANCER_KEY", LoadBalancerKey))));
        RoomHosts = await Task.WhenAll(Enumerable.Range(0, 2).Select(RoomHostAsync));
        var loadBalancers = string.Join(',', LoadBalancers.Select(AddressOf));
        Admin = await StartAsync("Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminKey), ("LOADBALANCERS", loadBalancers));
        Api = await StartAsync("Api", "PORT", ("KEY", Key), ("LOADBALANCER_KEY", LoadBalancerKey), ("LOADBALANCERS", loadBalancers));
        foreach (var loadBalancer in LoadBalancers)
            await Eventually.Async(async () => (await loadBalancer.Http.GetAsync("/health-of-nothing")).StatusCode, seen => seen == HttpStatusCode.NotFound, Patient);
        Assertions.SetDefaultExpectTimeout((float)Patient.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = Own(await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Generous: a browser and nine processes share the machine with other tests.</summary>
    public static TimeSpan Patient { get; } = TimeSpan.FromSeconds(60);

    public static string AddressOf(ServiceProcess service) => service.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>A room that nobody else uses. Options as the API has them.</summary>
    public async Task<string> RoomAsync(object? options = null)
    {
        var name = $"room-{Guid.NewGuid():N}"[..16];
        if (Chromium is not null) await MakeAsync(name, options);
        return name;
    }

    public async Task MakeAsync(string name, object? options = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/room/{name}") { Headers = { { "X-API-Key", Key } }, Content = JsonContent.Create(options ?? new { }) };
        using var response = await Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Says <paramref name="count"/> things as a backend: the numbers from 1.</summary>
    public async Task SayAsync(string room, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            using var said = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", Key, $$"""{"user":"Counter","text":"{{i}}"}""");
            said.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Says <paramref name="count"/> things as eight backends at once, who each have their own name and count for themselves.</summary>
    public Task TalkAsync(string room, int count) => Parallel.ForAsync(0, 8, TestContext.Current.CancellationToken, async (speaker, _) =>
    {
        for (var i = speaker; i < count; i += 8)
        {
            using var said = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", Key, $$"""{"user":"Speaker {{speaker}}","text":"{{i}}"}""");
            said.EnsureSuccessStatusCode();
        }
    });

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

    /// <summary>SIGKILL for the host that has the room; another one takes its place among the hosts.</summary>
    public async Task KillHostOfAsync(string room)
    {
        var address = (await Api.GetDataAsync($"/api/v1/room/{room}")).GetProperty("host").GetString()!;
        var host = Enumerable.Range(0, RoomHosts.Count).Single(i => HostAddress(i) == address);
        await RoomHosts[host].Process.KillAsync();
        RoomHosts[host] = await RoomHostAsync(host);
    }

    public async Task OperateAsync(HttpMethod method, string path, string? json = null)
    {
        using var response = await Admin.SendAsync(method, path, AdminKey, json);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>A browser of its own, with nothing remembered but the <paramref name="name"/> that somebody gave at <paramref name="origin"/>.</summary>
    public async Task<IPage> BrowserAsync(bool dark = false, bool narrow = false, string? name = null, string? origin = null)
    {
        Assert.SkipWhen(Chromium is null, "chromium is not on the PATH");
        var context = await _browser.NewContextAsync(new()
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

    private static string HostAddress(int host) => $"127.0.0.{host + 2}";

    private Task<ServiceProcess> RoomHostAsync(int host) => StartAsync("RoomHost", "PORT", ("BIND", "0.0.0.0"), ("HOST", HostAddress(host)));

    private async Task<ServiceProcess> StartAsync(string service, string portVariable, params (string Name, string? Value)[] settings) =>
        Own(await ServiceProcess.StartAsync($"ChatServer.{service}", portVariable, [("ConnectionStrings__redis", _redis.ConnectionString), .. settings]));

    private T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}

/// <summary>One site for all tests of the pages: it takes seconds to start.</summary>
[CollectionDefinition(Name)]
public sealed class ChatSiteCollection : ICollectionFixture<ChatSite>
{
    public const string Name = "Chat site";
}
