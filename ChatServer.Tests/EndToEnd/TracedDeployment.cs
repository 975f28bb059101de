using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>A Redis, a load balancer, an Api, an Admin and a RoomHost as processes, which export their spans to a receiver.</summary>
public sealed class TracedDeployment : IAsyncLifetime
{
    public const string Key = "key", AdminKey = "admin-key";
    private const string LoadBalancerKey = "lb-key";

    private readonly List<IAsyncDisposable> _started = [];
    private readonly RedisServer _redis = RedisServer.Preferred();

    public OtlpReceiver Receiver { get; private set; } = null!;

    public ServiceProcess LoadBalancer { get; private set; } = null!;

    public ServiceProcess Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Own(_redis).StartAsync();
        Receiver = Own(await OtlpReceiver.StartAsync());
        var roomHost = StartAsync("RoomHost", "PORT", ("ROOM_PORTS", $"{FreePort.Next()}-19999"), ("HOST", "127.0.0.1"));
        LoadBalancer = await StartAsync("LoadBalancer", "PORT", ("LOADBALANCER_KEY", LoadBalancerKey));
        var address = LoadBalancer.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var admin = StartAsync("Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminKey), ("LOADBALANCERS", address));
        await StartAsync("Api", "PORT", ("KEY", Key), ("LOADBALANCER_KEY", LoadBalancerKey), ("LOADBALANCERS", address));
        Admin = await admin;
        var host = await roomHost;
        await Eventually.Async(async () => (await host.Http.GetAsync("/health")).StatusCode, status => status == HttpStatusCode.OK);
        await Eventually.Async(async () => (await LoadBalancer.Http.GetAsync("/api/v1/")).StatusCode, seen => seen == HttpStatusCode.OK);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    /// <summary>
    /// The trace of the only request to <paramref name="service"/> for <paramref name="path"/>, when it is complete and contains all of
    /// <paramref name="names"/>.
    /// </summary>
    public async Task<IReadOnlyList<OtlpSpan>> TraceOfAsync(string service, string path, params string[] names)
    {
        bool IsRequest(OtlpSpan span) =>
            span.Service == service && span.Kind == OtlpSpanKind.Server && span.Attributes.GetValueOrDefault("url.path") == path;
        var requests = await Eventually.Async(() => Receiver.Spans.Where(IsRequest).ToList(), found => found.Count > 0);
        return await Receiver.TraceAsync(
            Assert.Single(requests).TraceId, trace => names.All(name => trace.Any(span => span.Name == name)) && IsWhole(trace));
    }

    /// <summary>Whether the trace has one root, and every other span's parent.</summary>
    public static bool IsWhole(IReadOnlyList<OtlpSpan> trace) =>
        trace.Count(span => span.ParentId == "") == 1
        && trace.All(span => span.ParentId == "" || trace.Any(parent => parent.SpanId == span.ParentId));

    private async Task<ServiceProcess> StartAsync(string service, string portVariable, params (string Name, string? Value)[] settings) =>
        Own(await ServiceProcess.StartAsync(
            $"ChatServer.{service}", portVariable,
            [("ConnectionStrings__redis", _redis.ConnectionString), .. Receiver.SettingsOf($"ChatServer.{service}"), .. settings]));

    private T Own<T>(T started) where T : IAsyncDisposable
    {
        lock (_started)
            _started.Add(started);
        return started;
    }
}
