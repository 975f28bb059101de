using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>A newcomer who types the README, on other ports than its own.</summary>
public sealed partial class ReadmeTests : IAsyncLifetime
{
    private const string RoomPort = "34000";

    private readonly HttpClient _http = new();
    private Deployment _deployment = null!;
    private string? _roomPort;
    private string? _epoch;

    [Fact]
    public async Task What_the_README_types_is_answered_as_it_says()
    {
        var services = _deployment.AppHost.Services();
        var steps = Transcript.Of(await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "README.md"), TestContext.Current.CancellationToken)).ToList();
        Assert.Contains(steps, step => step.Command.Contains("wscat", StringComparison.Ordinal));

        foreach (var (command, lines) in steps)
        {
            var typed = OnOurPorts(command);
            if (Session().Match(typed) is { Success: true } session)
                await TalkAsync(session.Groups["url"].Value, lines);
            else
                AssertAnswer(typed, string.Join('\n', lines), await CurlCommand.Parse(typed).RunAsync(_http));
        }

        // Its end is a shutdown, and then Ctrl+C.
        await Eventually.Async(
            () => _deployment.Processes("RoomHost").Concat(_deployment.Processes("Api")), running => !running.Any(), RunningAppHost.Patience);
        await _deployment.AppHost.Process.InterruptAsync();
        Assert.Equal(0, _deployment.AppHost.Process.ExitCode);
        await _deployment.AppHost.LeavesNothingAsync(services);
    }

    public async ValueTask InitializeAsync() => _deployment = await Deployment.StartAsync();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _deployment.DisposeAsync();
    }

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

    // "…" is anything; and the first answer that names the room's port tells which one it is here.
    private void AssertAnswer(string typed, string expected, string answer)
    {
        var pattern = Regex.Escape(OnOurPorts(expected)).Replace("…", ".*", StringComparison.Ordinal).Replace(RoomPort, @"(?<port>\d+)", StringComparison.Ordinal);
        var match = Regex.Match(answer, $"^{pattern}$", RegexOptions.Singleline);
        Assert.True(match.Success, $"{typed}\nis answered\n{answer}\nand not\n{expected}");
        if (match.Groups["port"] is { Success: true, Value: var port }) _roomPort = port;
    }

    private string OnOurPorts(string text)
    {
        var (appHost, entrances) = (_deployment.AppHost, _deployment.Entrances);
        (string, string?)[] replacements =
        [
            ("localhost:8080", $"localhost:{appHost.ApiPort}"), ("localhost:8090", $"localhost:{appHost.AdminPort}"),
            ("localhost:2000", $"localhost:{entrances[0]}"), ("localhost:2001", $"localhost:{entrances[1]}"),
            (RoomPort, _roomPort ?? RoomPort), ("{epoch}", _epoch ?? "{epoch}"),
        ];
        return replacements.Aggregate(text, (now, replacement) => now.Replace(replacement.Item1, replacement.Item2, StringComparison.Ordinal));
    }

    [GeneratedRegex("^npx wscat -c '(?<url>ws://.*)'$")]
    private static partial Regex Session();
}
