using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tests.Support;

/// <summary>
/// Receives telemetry that services export: OTLP over HTTP with protobuf bodies. It keeps the spans and discards metrics and logs.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public int Port { get; } = FreePort.Next();

    /// <summary>Every span received so far.</summary>
    public IReadOnlyCollection<OtlpSpan> Spans => _spans;

    /// <summary>Starts the receiver.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Urls.Add($"http://127.0.0.1:{receiver.Port}");
        receiver._app.MapPost("/v1/traces", receiver.ReceiveAsync);
        receiver._app.MapPost("/v1/{other}", () => Results.Ok());
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The settings of a service that exports its spans to this receiver without delay, as <paramref name="service"/>.</summary>
    public (string Name, string? Value)[] SettingsOf(string service) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{Port}"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_SERVICE_NAME", service),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];

    /// <summary>The spans of a trace that were received so far.</summary>
    public IReadOnlyList<OtlpSpan> Trace(string id) => [.. _spans.Where(span => span.TraceId == id)];

    /// <summary>Waits until the trace <paramref name="id"/> meets <paramref name="condition"/>.</summary>
    public Task<IReadOnlyList<OtlpSpan>> TraceAsync(string id, Func<IReadOnlyList<OtlpSpan>, bool> condition) =>
        Eventually.Async(() => Trace(id), condition);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        foreach (var span in OtlpSpan.ReadRequest(body.ToArray()))
            _spans.Enqueue(span);
        return Results.Ok();
    }
}
