using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>All effects of a request, in all processes, are one trace.</summary>
public sealed class EndToEndTraceTests(TracedDeployment site) : IClassFixture<TracedDeployment>
{
    private const string LoadBalancer = "ChatServer.LoadBalancer", Api = "ChatServer.Api";
    private const string Admin = "ChatServer.Admin", RoomHost = "ChatServer.RoomHost";

    [Fact]
    public async Task Creating_a_room_through_a_load_balancer_is_one_trace_of_three_services()
    {
        await CreateAsync("one-trace");

        var trace = await site.TraceOfAsync(LoadBalancer, "/api/v1/room/one-trace", "room.place", "room.open");

        var edge = Assert.Single(trace, span => span.ParentId == "");
        Assert.Equal((LoadBalancer, OtlpSpanKind.Server), (edge.Service, edge.Kind));
        var forward = Assert.Single(
            trace, span => span is { Service: LoadBalancer, Kind: OtlpSpanKind.Client } && span.ParentId == edge.SpanId);
        var api = Assert.Single(trace, span => span is { Service: Api, Kind: OtlpSpanKind.Server });
        Assert.Equal(forward.SpanId, api.ParentId);
        var place = Assert.Single(trace, span => span.Name == "room.place");
        Assert.Equal((Api, "ChatServer.Backplane", api.SpanId), (place.Service, place.Source, place.ParentId));
        var open = Assert.Single(trace, span => span.Name == "room.open");
        Assert.Equal((RoomHost, "ChatServer.RoomHost", place.SpanId), (open.Service, open.Source, open.ParentId));
        Assert.Equal("one-trace", open.Attributes["chat.room"]);
        // The instrumentation of Redis commands exports every 10 s.
        await site.Receiver.TraceAsync(edge.TraceId, spans => spans.Any(span => IsRedisCommand(span) && span.ParentId == place.SpanId));
    }

    [Fact]
    public async Task A_message_with_a_traceparent_is_received_appended_and_sent_in_its_senders_trace()
    {
        await CreateAsync("traced-message");
        await using var sender = await JoinAsync("traced-message");
        const string traceId = "5bf92f3577b34da6a3ce929d0e0e4736", spanId = "00f067aa0ba902b7";

        await sender.SendAsync(new { type = "message", id = "secret-id", text = "secret-text", traceparent = $"00-{traceId}-{spanId}-01" });
        var echo = await sender.NextAsync("message");
        var trace = await site.Receiver.TraceAsync(
            traceId, spans => Names(spans).IsSupersetOf(["message.receive", "message.append", "message.send"]));

        Assert.False(echo.Has("traceparent"));
        Assert.All(trace, span => Assert.Equal(RoomHost, span.Service));
        var receive = Assert.Single(trace, span => span.Name == "message.receive");
        Assert.Equal(spanId, receive.ParentId);
        Assert.Equal(("traced-message", $"{echo.Seq}"), (receive.Attributes["chat.room"], receive.Attributes["chat.seq"]));
        var append = Assert.Single(trace, span => span.Name == "message.append");
        Assert.Equal((receive.SpanId, "1"), (append.ParentId, append.Attributes["chat.batch.size"]));
        Assert.Equal(receive.SpanId, Assert.Single(trace, span => span.Name == "message.send").ParentId);
        string[] secrets = ["secret-text", "secret-id", sender.Session, sender.User];
        Assert.Empty(secrets.Intersect(trace.SelectMany(span => span.Attributes.Values)));
    }

    [Theory]
    [InlineData("\"nonsense\"")]
    [InlineData("\"00-00000000000000000000000000000000-0000000000000000-01\"")]
    [InlineData("17")]
    [InlineData("{\"deep\":[null]}")]
    public async Task A_malformed_traceparent_does_not_affect_the_message(string traceparent)
    {
        await CreateAsync("malformed");
        await using var sender = await JoinAsync("malformed");

        await sender.SendTextAsync($$"""{"type":"message","id":"1","text":"heard","traceparent":{{traceparent}}}""");

        Assert.Equal("heard", (await sender.NextAsync("message"))["text"]);
    }

    [Fact]
    public async Task A_backends_message_is_part_of_its_requests_trace()
    {
        await CreateAsync("backend");
        await using var member = await JoinAsync("backend");

        using var posted = await site.LoadBalancer.SendAsync(
            HttpMethod.Post, "/api/v1/room/backend/message", TracedDeployment.Key, """{"user":"weather","text":"It rains."}""");
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);

        var trace = await site.TraceOfAsync(
            LoadBalancer, "/api/v1/room/backend/message", "command.say", "message.receive", "message.append", "message.send");
        var say = Assert.Single(trace, span => span.Name == "command.say");
        Assert.Equal(Assert.Single(trace, span => span is { Service: Api, Kind: OtlpSpanKind.Server }).SpanId, say.ParentId);
        Assert.Equal(say.SpanId, Assert.Single(trace, span => span.Name == "message.receive").ParentId);
    }

    [Fact]
    public async Task An_announcement_is_part_of_its_requests_trace()
    {
        await CreateAsync("announced");
        await using var member = await JoinAsync("announced");

        await OperateAsync(HttpMethod.Post, "/api/v1/room/announced/message", """{"text":"Tea is ready."}""");
        await member.NextAsync("announcement");

        await site.TraceOfAsync(Admin, "/api/v1/room/announced/message", "message.receive", "message.append", "message.send");
    }

    [Fact]
    public async Task The_shutdown_of_a_room_is_part_of_its_requests_trace()
    {
        await CreateAsync("doomed");

        await OperateAsync(HttpMethod.Delete, "/api/v1/room/doomed/shutdown");

        var trace = await site.TraceOfAsync(Admin, "/api/v1/room/doomed/shutdown", "room.close");
        Assert.Equal(RoomHost, Assert.Single(trace, span => span.Name == "room.close").Service);
    }

    [Fact]
    public async Task Joining_through_a_load_balancer_is_one_trace()
    {
        await CreateAsync("joined");
        await using (var member = await JoinAsync("joined"))
            await member.CloseAsync();

        var path = await site.TraceOfAsync(LoadBalancer, "/rooms/joined");
        var trace = await site.Receiver.TraceAsync(path[0].TraceId, spans => spans.Any(span => span.Service == RoomHost));
        var edge = Assert.Single(trace, span => span.ParentId == "");
        var forward = Assert.Single(trace, span => span is { Service: LoadBalancer, Kind: OtlpSpanKind.Client });
        Assert.Equal(edge.SpanId, forward.ParentId);
        Assert.Equal(forward.SpanId, Assert.Single(trace, span => span is { Service: RoomHost, Kind: OtlpSpanKind.Server }).ParentId);
    }

    private static bool IsRedisCommand(OtlpSpan span) => span.Kind == OtlpSpanKind.Client
        && (span.Attributes.GetValueOrDefault("db.system.name") ?? span.Attributes.GetValueOrDefault("db.system")) == "redis";

    private async Task CreateAsync(string room)
    {
        using var created = await site.LoadBalancer.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}", TracedDeployment.Key);
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
    }

    private Task<RoomClient> JoinAsync(string room) =>
        RoomClient.JoinAsync(new Uri($"ws://127.0.0.1:{site.LoadBalancer.Http.BaseAddress!.Port}/rooms/{room}"));

    private async Task OperateAsync(HttpMethod method, string path, string? json = null)
    {
        using var answer = await site.Admin.SendAsync(method, path, TracedDeployment.AdminKey, json);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private static HashSet<string> Names(IEnumerable<OtlpSpan> spans) => [.. spans.Select(span => span.Name)];
}
