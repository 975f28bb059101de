using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using ChatServer.LocalHosting.Dashboard;
using ChatServer.LocalHosting.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.LocalHosting.Dashboard;

/// <summary>A dashboard on a port of its own, over a board without a runner: a test changes the board, and sees what a page sees.</summary>
public sealed class DashboardApp : IAsyncLifetime
{
    private DashboardServer? _server;

    internal ResourceBoard Board { get; } = new(TimeProvider.System);

    /// <summary>Sends what curl sends: neither an origin nor where it comes from.</summary>
    public HttpClient Http { get; } = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await DashboardServer.StartAsync(Board, "0", NullLoggerFactory.Instance, Ct);
        Http.BaseAddress = new Uri(_server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    /// <summary>A resource of a name that no other test uses, running, whose commands are told to <paramref name="commands"/>.</summary>
    internal Resource Add(Action<ResourceCommand>? commands = null, ResourceKind kind = ResourceKind.Project)
    {
        var resource = Board.Add($"resource-{Guid.NewGuid():N}", kind);
        resource.Commands = (command, _) =>
        {
            commands?.Invoke(command);
            return Task.CompletedTask;
        };
        resource.Change(status => status with { State = ResourceState.Running });
        return resource;
    }

    /// <summary>What the page is told of <paramref name="resource"/> when it asks.</summary>
    internal async Task<JsonElement> GetAsync(Resource resource) =>
        Of(await Http.GetFromJsonAsync<JsonElement>("/api/resources", Ct), resource);

    internal static JsonElement Of(JsonElement resources, Resource resource) =>
        resources.EnumerateArray().Single(r => r.GetProperty("name").GetString() == resource.Name);

    /// <summary>A command as the page sends it, or as <paramref name="change"/> makes it.</summary>
    internal async Task<HttpResponseMessage> CommandAsync(string resource, string command, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/resources/{resource}/{command}");
        request.Headers.Add("X-Dashboard-Command", command);
        request.Headers.Add("Origin", Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        change?.Invoke(request);
        return await Http.SendAsync(request, Ct);
    }

    /// <summary>The events of a stream, as they come. Fails when none comes for too long.</summary>
    internal async IAsyncEnumerable<SseItem<JsonElement>> StreamAsync(string query)
    {
        await using var stream = await Http.GetStreamAsync($"/api/stream?{query}", Ct);
        var events = SseParser.Create(stream, (_, data) => JsonElement.Parse(data)).EnumerateAsync(Ct).GetAsyncEnumerator(Ct);
        while (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Ct))
            yield return events.Current;
    }
}
