using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

public sealed class RedisTracingTests(EmbeddedRedis redis) : IClassFixture<EmbeddedRedis>, IAsyncLifetime
{
    private const string RedisSource = "OpenTelemetry.Instrumentation.StackExchangeRedis";
    private const string TestSource = "ChatServer.Tests.RedisTracing";

    public async ValueTask InitializeAsync() => await redis.EnsureStartedAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Redis_command_has_a_span_only_under_a_recorded_activity()
    {
        using var source = new ActivitySource(TestSource);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Record(spans);

        ActivityContext traced;
        await using (var process = new BackplaneProcess(redis.ConnectionString, otlpEndpoint: "http://127.0.0.1:9"))
        {
            await process.Connection.PingAsync();
            await AppendAsync(process);
            using (source.StartActivity("dropped"))
                await process.Connection.PingAsync();
            using (var activity = source.StartActivity("recorded"))
            {
                traced = activity!.Context;
                await process.Connection.PingAsync();
                await AppendAsync(process);
            }
            await process.Connection.PingAsync();
        }

        var ofRedis = spans.Where(span => span.Source.Name == RedisSource && span.TraceId == traced.TraceId).ToList();
        Assert.Equal(["EVAL", "PING"], ofRedis.Select(span => span.DisplayName == "EVALSHA" ? "EVAL" : span.DisplayName).Order());
        Assert.All(ofRedis, span => Assert.Equal(traced.SpanId, span.ParentSpanId));
        Assert.DoesNotContain(spans, span => span.Source.Name == RedisSource && span.ParentSpanId == default);
    }

    [Fact]
    public async Task Pings_of_a_connection_that_was_opened_inside_an_activity_are_not_part_of_its_trace()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var source = new ActivitySource(TestSource);
        using var listener = Record(spans);

        ActivityTraceId trace;
        BackplaneProcess process;
        using (var activity = source.StartActivity("recorded"))
        {
            trace = activity!.TraceId;
            process = new BackplaneProcess(redis.ConnectionString, otlpEndpoint: "http://127.0.0.1:9");
            await process.Connection.PingAsync();
        }
        await using (process)
        {
            var connection = process.Connection.Commands.Multiplexer;
            var sent = connection.OperationCount;
            // The library asks for the server's role every two seconds.
            await Eventually.Async(() => connection.OperationCount, count => count > sent + 1);
        }

        var span = Assert.Single(spans, span => span.Source.Name == RedisSource && span.TraceId == trace);
        Assert.Equal("PING", span.DisplayName);
    }

    [Fact]
    public async Task Without_telemetry_a_command_has_no_span()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var source = new ActivitySource(TestSource);
        using var listener = Record(spans);

        ActivityTraceId trace;
        await using (var process = new BackplaneProcess(redis.ConnectionString))
        using (var activity = source.StartActivity("recorded"))
        {
            trace = activity!.TraceId;
            await process.Connection.PingAsync();
        }

        Assert.DoesNotContain(spans, span => span.Source.Name == RedisSource && span.TraceId == trace);
    }

    private static ActivityListener Record(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name is RedisSource or TestSource,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Name == "dropped" ? ActivitySamplingResult.PropagationData : ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static Task<AppendResult> AppendAsync(BackplaneProcess process) => process.Log.AppendAsync(
        "no-such-room", term: 1, baseSeq: 0, history: Limits.MaxPage, messages: 0, announced: 0,
        ReadOnlyMemory<ReadOnlyMemory<byte>>.Empty);
}
