using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.EndToEnd.Web;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace ChatServer.Tests.Examples;

/// <summary>The programs of <c>examples/</c>, run with the commands of its README. Only addresses and the room's name differ.</summary>
public sealed class ExampleTests(ExampleDeployment deployment) : IClassFixture<ExampleDeployment>
{
    private const int MaxLines = 40;

    private static readonly string Folder = Path.Combine(SourceTree.Root, "examples");

    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/examples/bot/bin/Debug/net10.0/
    private static readonly string Bot = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "examples/bot", StringComparison.Ordinal), "ChatServer.Examples.Bot.dll");

    public static TheoryData<string> Programs => ["bot/Program.cs", "browser/index.html", "node-bridge/bridge.mjs"];

    [Theory]
    [MemberData(nameof(Programs))]
    public void An_example_has_at_most_40_lines(string program) =>
        Assert.InRange(File.ReadLines(Path.Combine(Folder, program)).Count(), 1, MaxLines);

    [Fact]
    public async Task The_bot_answers_a_roll()
    {
        var room = await deployment.CreateRoomAsync();
        var arguments = Arguments(
            "dotnet run --project examples/bot -- ", ("http://localhost:2000,http://localhost:2001", Http), ("lobby", room));
        // Not with `dotnet run`: killed, it would leave the bot running.
        await using var bot = ServerProcess.Start("dotnet", [Bot, .. arguments]);
        await Eventually.Async(() => bot.Output, output => output.Contains($"Joined {room} as dice", StringComparison.Ordinal));

        await deployment.SendAsync(room, "ada", "!roll");
        Assert.Matches("^ada rolls [1-6]\\.$", await deployment.TextOfAsync(room, "dice"));

        await bot.InterruptAsync();
        Assert.Equal(0, bot.ExitCode);
    }

    [Fact]
    [Needs(OptionalProgram.Chromium)]
    public async Task The_page_shows_and_sends_messages()
    {
        var chromium = OptionalProgram.Require(OptionalProgram.Chromium);
        var room = await deployment.CreateRoomAsync();
        await deployment.SendAsync(room, "ada", "Hello, page.");
        var html = await File.ReadAllTextAsync(Path.Combine(Folder, "browser", "index.html"), TestContext.Current.CancellationToken);
        var copy = Path.Combine(Directory.CreateTempSubdirectory("chat-example-").FullName, "index.html");
        var replaced = Replaced(html, ("localhost:2000", Authority), ("lobby", room));
        await File.WriteAllTextAsync(copy, replaced, TestContext.Current.CancellationToken);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await ChatDeployment.LaunchAsync(playwright, chromium);
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(copy).AbsoluteUri);
        var timeout = new LocatorAssertionsToContainTextOptions { Timeout = (float)ChatSite.Timeout.TotalMilliseconds };
        await Assertions.Expect(page.Locator("#messages")).ToContainTextAsync("ada: Hello, page.", timeout);
        await page.GetByLabel("Message").FillAsync("Hello, ada.");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#messages")).ToContainTextAsync(": Hello, ada.", timeout);

        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    [Fact]
    public async Task The_bridge_sends_requests_to_the_room_and_messages_to_the_webhook()
    {
        var received = Channel.CreateUnbounded<JsonElement>();
        await using var webhook = WebApplication.CreateSlimBuilder().Build();
        webhook.Urls.Add("http://127.0.0.1:0");
        webhook.MapPost("/", async (HttpRequest request) =>
            received.Writer.TryWrite((await request.ReadFromJsonAsync<JsonElement>(request.HttpContext.RequestAborted)).Clone()));
        await webhook.StartAsync(TestContext.Current.CancellationToken);

        var room = await deployment.CreateRoomAsync();
        await deployment.SendAsync(room, "ada", "Before the bridge.");
        var port = $"{FreePort.Next()}";
        var arguments = Arguments(
            "node ", ("examples/", $"{Folder}/"), ("localhost:2000", Authority), ("lobby", room), (" 3000 ", $" {port} "),
            ("http://localhost:4000", webhook.Urls.Single()));
        await using var bridge = ServerProcess.Start(NodeProgram.Path, arguments);
        await Eventually.Async(() => bridge.Output, output => output.Contains("online", StringComparison.Ordinal));

        using var http = new HttpClient();
        using var response = await http.PostAsync(
            new Uri($"http://127.0.0.1:{port}/"), new StringContent("Hello, room."), TestContext.Current.CancellationToken);
        var logged = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((2, "Hello, room."), (logged.GetProperty("seq").GetInt64(), logged.GetProperty("text").GetString()));
        Assert.Equal("Hello, room.", await deployment.TextOfAsync(room, "bridge"));

        await deployment.SendAsync(room, "ada", "Hello, webhook.");
        var first = await received.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("ada", "Hello, webhook."), (first.GetProperty("user").GetString(), first.GetProperty("text").GetString()));
    }

    private string Authority => ExampleDeployment.AuthorityOf(deployment.LoadBalancer);

    private string Http => $"http://{Authority}";

    /// <summary>What follows <paramref name="command"/> in the README, with the addresses of this deployment.</summary>
    private static string[] Arguments(string command, params (string Old, string New)[] replacements)
    {
        var line = File.ReadLines(Path.Combine(Folder, "README.md")).Single(line => line.StartsWith(command, StringComparison.Ordinal));
        return Replaced(line[command.Length..], replacements).Split(' ');
    }

    private static string Replaced(string text, params (string Old, string New)[] replacements)
    {
        foreach (var (old, @new) in replacements)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, @new, StringComparison.Ordinal);
        }
        return text;
    }
}
