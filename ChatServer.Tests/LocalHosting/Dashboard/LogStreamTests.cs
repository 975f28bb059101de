using ChatServer.LocalHosting.Dashboard;
using ChatServer.LocalHosting.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class LogStreamTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_gets_what_was_said_and_then_what_is_said()
    {
        var resource = app.Add();
        resource.Log.Append(LogStream.Runner, "before");
        var texts = await ReadAsync($"log={resource.Name}", until: 2, andThen: () => resource.Log.Append(LogStream.Error, "after <b>&amp;"));
        Assert.Equal(["runner: before", "error: after <b>&amp;"], texts.Lines);
    }

    [Fact]
    public async Task The_log_of_one_resource_has_no_line_of_another()
    {
        var (one, other) = (app.Add(), app.Add());
        other.Log.Append(LogStream.Out, "other");
        one.Log.Append(LogStream.Out, "one");
        Assert.Equal(["out: one"], (await ReadAsync($"log={one.Name}", until: 1)).Lines);
    }

    [Fact]
    public async Task The_log_of_all_has_their_lines_in_the_order_in_which_they_were_said()
    {
        var (one, other) = (app.Add(), app.Add());
        var (_, place) = await ReadAsync($"log={one.Name}", until: 1, before: () => one.Log.Append(LogStream.Out, "0"));
        foreach (var n in Enumerable.Range(1, 6)) (n % 2 == 0 ? one : other).Log.Append(LogStream.Out, $"{n}");
        Assert.Equal(Enumerable.Range(1, 6).Select(n => $"out: {n}"), (await ReadAsync($"after={place}", until: 6)).Lines);
    }

    [Fact]
    public async Task A_page_that_comes_back_goes_on_where_it_was()
    {
        var resource = app.Add();
        var (_, place) = await ReadAsync($"log={resource.Name}", until: 1, before: () => resource.Log.Append(LogStream.Out, "seen"));
        resource.Log.Append(LogStream.Out, "missed");
        var again = $"log={resource.Name}&after={place}";
        Assert.True(await ResumedAsync(again));
        Assert.Equal(["out: missed"], (await ReadAsync(again, until: 1)).Lines);
    }

    [Theory]
    [InlineData("0badcafe.1")]
    [InlineData("nonsense")]
    public async Task A_page_that_comes_back_to_another_AppHost_begins_anew(string place)
    {
        var resource = app.Add();
        resource.Log.Append(LogStream.Out, "first");
        var query = $"log={resource.Name}&after={place}";
        Assert.False(await ResumedAsync(query));
        Assert.Equal(["out: first"], (await ReadAsync(query, until: 1)).Lines);
    }

    // A page that is reloaded while the AppHost starts.
    [Fact]
    public async Task The_log_of_a_resource_that_comes_later_begins_with_it()
    {
        var name = $"late-{Guid.NewGuid():N}";
        var count = 0;
        await foreach (var item in app.StreamAsync($"log={name}"))
        {
            if (item.EventType != "lines") continue;
            if (count++ == 0)
            {
                Assert.Empty(item.Data.EnumerateArray());
                app.Board.Add(name, ResourceKind.Project).Log.Append(LogStream.Out, "here");
                continue;
            }
            Assert.Equal("here", item.Data[0].GetProperty("text").GetString());
            return;
        }
        Assert.Fail("No line came.");
    }

    [Fact]
    public async Task An_open_page_does_not_hold_up_the_end_of_the_AppHost()
    {
        var server = await DashboardServer.StartAsync(new ResourceBoard(TimeProvider.System), "0", NullLoggerFactory.Instance, Ct);
        await using var stream = await app.Http.GetStreamAsync($"{server.Url}/api/stream", Ct);
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    private async Task<bool> ResumedAsync(string query)
    {
        await foreach (var item in app.StreamAsync(query))
            return item.EventType == "hello" && item.Data.GetProperty("resumed").GetBoolean();
        return false;
    }

    /// <summary>The first lines of a stream, and the place after them. <paramref name="andThen"/> runs when the first ones are there.</summary>
    private async Task<(List<string> Lines, string? Place)> ReadAsync(string query, int until, Action? before = null, Action? andThen = null)
    {
        before?.Invoke();
        var lines = new List<string>();
        await foreach (var item in app.StreamAsync(query))
        {
            if (item.EventType != "lines") continue;
            lines.AddRange(item.Data.EnumerateArray().Select(line => $"{line.GetProperty("stream").GetString()}: {line.GetProperty("text").GetString()}"));
            if (lines.Count >= until) return (lines, item.EventId);
            andThen?.Invoke();
            andThen = null;
        }
        return (lines, null);
    }
}
