using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Plays the transcripts of README.md and docs/getting-started.md in that order, on other ports.</summary>
[Collection(AppHostCollection.Name)]
public sealed partial class ReadmeTranscriptTests : IAsyncLifetime
{
    private const string RoomPort = "34000";

    private static readonly string[] Documents = ["README.md", "docs/getting-started.md"];

    private static readonly string[] AfterShutdown =
        ["ChatServer.Admin", "ChatServer.LoadBalancer", "ChatServer.LoadBalancer", "ChatServer.Redis"];

    private readonly HttpClient _http = new();
    private AppHostProcess _appHost = null!;
    private Deployment _deployment = null!;
    private string? _roomPort;
    private string? _epoch;

    [Fact]
    public async Task Commands_in_the_documents_get_the_documented_answers()
    {
        var services = _appHost.Services();
        var steps = Documents.SelectMany(document => Transcript.Of(File.ReadAllText(Path.Combine(SourceTree.Root, document)))).ToList();
        Assert.Contains(steps, step => step.Command.Contains("wscat", StringComparison.Ordinal));

        foreach (var (command, lines) in steps)
        {
            var typed = OnOurPorts(command);
            if (Session().Match(typed) is { Success: true } session)
                await TalkAsync(session.Groups["url"].Value, lines);
            else
                AssertAnswer(typed, string.Join('\n', lines), await CurlCommand.Parse(typed).RunAsync(_http));
        }

        // The transcript ends with a shutdown, after which the ended services stay down, then Ctrl+C.
        await Eventually.Async(() => _appHost.Services(), running => Names(running).SequenceEqual(AfterShutdown), RunningAppHost.Timeout);
        await _appHost.Process.InterruptWithChildrenAsync();
        Assert.Equal(0, _appHost.Process.ExitCode);
        await _appHost.LeavesNothingAsync(services);
    }

    public async ValueTask InitializeAsync() => _deployment = new(_appHost = await AppHostProcess.RunAsync());

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _deployment.DisposeAsync();
    }

    private static IEnumerable<string> Names(IEnumerable<Service> services) =>
        services.Select(service => service.Name).Order(StringComparer.Ordinal);

    private async Task TalkAsync(string url, IReadOnlyList<string> lines)
    {
        await using var member = await RoomClient.JoinAsync(new Uri(url));
        _epoch = member.Welcome["epoch"];
        AssertAnswer(url, lines[0]["< ".Length..], $"{member.Welcome}");
        foreach (var line in lines.Skip(1))
        {
            if (line.StartsWith("> ", StringComparison.Ordinal))
                await member.SendTextAsync(line["> ".Length..]);
            else
                AssertAnswer(url, line["< ".Length..], $"{await member.NextAsync()}");
        }
        await member.CloseAsync();
    }

    // "…" matches any text. The first answer with the room's port determines the port for the later answers.
    private void AssertAnswer(string typed, string expected, string answer)
    {
        var pattern = Regex.Escape(OnOurPorts(expected))
            .Replace("…", ".*", StringComparison.Ordinal)
            .Replace(RoomPort, @"(?<port>\d+)", StringComparison.Ordinal);
        var match = Regex.Match(answer, $"^{pattern}$", RegexOptions.Singleline);
        Assert.True(match.Success, $"{typed}\nis answered\n{answer}\nand not\n{expected}");
        if (match.Groups["port"] is { Success: true, Value: var port }) _roomPort = port;
    }

    private string OnOurPorts(string text)
    {
        var (appHost, entrances) = (_appHost, _deployment.Entrances);
        (string, string?)[] replacements =
        [
            ("localhost:8080", $"localhost:{appHost.ApiPort}"), ("localhost:8090", $"localhost:{appHost.AdminPort}"),
            ("localhost:2000", $"localhost:{entrances[0]}"), ("localhost:2001", $"localhost:{entrances[1]}"),
            (RoomPort, _roomPort ?? RoomPort), ("{epoch}", _epoch ?? "{epoch}"),
        ];
        return replacements.Aggregate(
            text, (now, replacement) => now.Replace(replacement.Item1, replacement.Item2, StringComparison.Ordinal));
    }

    [GeneratedRegex("^npx wscat -c '(?<url>ws://.*)'$")]
    private static partial Regex Session();
}
