using System.Text.Json;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class StateTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    [Fact]
    public async Task A_resource_is_shown_with_everything_that_is_known_of_it()
    {
        var resource = app.Add();
        resource.Change(_ => new ResourceStatus
        {
            State = ResourceState.Unhealthy,
            Reason = "/health answers 503",
            Restarts = 3,
            ProcessId = 4711,
            ExitCode = 134,
            StartedAt = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Endpoints = [new ResourceEndpoint("http", "http://localhost:8080")],
            Environment = [new ResourceVariable("PORT", "8080")],
        });
        var shown = await app.GetAsync(resource);
        Assert.Equal(
            $$"""
            {"name":"{{resource.Name}}","kind":"project","state":"unhealthy","reason":"/health answers 503","restarts":3,"processId":4711,
            "exitCode":134,"startedAt":"2030-01-02T03:04:05+00:00","endpoints":[{"name":"http","url":"http://localhost:8080"}],
            "environment":[{"name":"PORT","value":"8080","isSecret":false}],"commands":["stop","restart"]}
            """.ReplaceLineEndings(""),
            shown.GetRawText());
    }

    [Fact]
    public async Task A_page_sees_all_resources_at_once_and_every_change_as_it_happens()
    {
        var resource = app.Add();
        var states = new List<string?>();
        await foreach (var item in app.StreamAsync($"log={resource.Name}"))
        {
            if (item.EventType != "resources") continue;
            states.Add(DashboardApp.Of(item.Data, resource).GetProperty("state").GetString());
            if (states is [.., "failed"]) break;
            resource.Change(status => status with { State = ResourceState.Failed, Reason = "exit code 134, again in 4 s" });
        }
        Assert.Equal("running", states[0]);
        Assert.Equal("failed", states[^1]);
    }

    [Fact]
    public async Task A_resource_that_comes_later_appears_by_itself()
    {
        Resource? late = null;
        await foreach (var item in app.StreamAsync(""))
        {
            if (item.EventType != "resources") continue;
            if (late is not null && item.Data.EnumerateArray().Any(r => r.GetProperty("name").GetString() == late.Name)) break;
            late ??= app.Add();
        }
        Assert.NotNull(late);
    }
}
