using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Api.Hosting;

/// <summary>
/// Registers this Api with every load balancer, when it has started, when a load balancer starts, and every 10 s:
/// <c>PUT /register/{host}/{cpus}/{rooms}/{version}</c>, where <c>{host}</c> is <c>name:port</c>. A load balancer that cannot be reached is
/// tried again every second and does not affect the others.
/// </summary>
/// <remarks>
/// The Api is ready when each load balancer has answered once, so that a client that waits for readiness may use any of them; after
/// <see cref="StartupGrace"/> it is ready in any case.
/// </remarks>
internal sealed partial class HeartbeatSender(
    LoadBalancerSettings loadBalancers, RoomDirectory rooms, LoadBalancerStarts starts, IHttpClientFactory clients, IServer server,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<HeartbeatSender> logger, ILoggerFactory loggers)
    : BackgroundService, IHealthCheck
{
    /// <summary>Name of the <see cref="HttpClient"/> that sends heartbeats.</summary>
    public const string HttpClientName = "heartbeats";

    /// <summary>A load balancer removes an Api after three missed heartbeats.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>For a load balancer that cannot be reached: services may start in any order.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the Api waits for the answers of all load balancers before it is ready without some of them.</summary>
    public static readonly TimeSpan StartupGrace = TimeSpan.FromSeconds(10);

    /// <summary>Timeout of a heartbeat; less than the interval.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    // The last failure of each (null: registered), so that a change is logged once.
    private readonly Dictionary<Uri, string?> _lastFailure =
        loadBalancers.Urls.Distinct().ToDictionary(url => url, _ => (string?)"not tried yet");
    private readonly ILogger _operatorLogger = loggers.CreateLogger(OperatorLog.Category);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _due = NewSignal();
    private int _unanswered = loadBalancers.Urls.Distinct().Count();
    private long _lastRoomCount;

    /// <summary>
    /// Unhealthy until every load balancer has answered, or <see cref="StartupGrace"/> is over; then degraded while a load balancer refuses
    /// the registration or cannot be reached: the Api still serves those of the others.
    /// </summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!_answered.Task.IsCompleted) return Task.FromResult(HealthCheckResult.Unhealthy("The load balancers have not answered yet."));
        lock (_lastFailure)
        {
            var failed = _lastFailure.Values.Count(failure => failure is not null);
            return Task.FromResult(failed == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(
                    $"This Api is not registered with {failed} of {_lastFailure.Count} load balancers; its log has the reason."));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await WaitUntilListeningAsync(stoppingToken);
            if (_unanswered == 0) _answered.TrySetResult();
            var self = Uri.EscapeDataString(AdvertisedAddress());
            var heartbeats = _lastFailure.Keys.ToList().Select(url => RepeatAsync(url, self, stoppingToken)).ToList();
            if (heartbeats.Count > 0) heartbeats.Add(starts.RunAsync(OnLoadBalancerStarted, stoppingToken));
            await Task.WhenAny(_answered.Task, Task.Delay(StartupGrace, time, stoppingToken));
            _answered.TrySetResult();
            // No heartbeat ends by itself: the first that does has failed.
            if (heartbeats.Count > 0) await await Task.WhenAny(heartbeats);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task RepeatAsync(Uri loadBalancer, string self, CancellationToken ct)
    {
        var hasAnswered = false;
        while (true)
        {
            var due = Volatile.Read(ref _due).Task; // before the heartbeat: a load balancer that starts during it gets another one
            var rooms = await CountRoomsAsync(ct);
            var path = string.Create(
                CultureInfo.InvariantCulture, $"register/{self}/{Environment.ProcessorCount}/{rooms}/{AppInfo.CurrentVersion}");
            var answers = await SendAsync(loadBalancer, path, ct);
            if (answers && !hasAnswered && Interlocked.Decrement(ref _unanswered) == 0) _answered.TrySetResult();
            hasAnswered |= answers;
            await WaitAsync(due, answers ? Interval : RetryInterval, ct);
        }
    }

    // Ends early if a load balancer has started: it may be this one.
    private async Task WaitAsync(Task due, TimeSpan interval, CancellationToken ct)
    {
        try
        {
            await due.WaitAsync(interval, time, ct);
        }
        catch (TimeoutException)
        {
        }
    }

    private void OnLoadBalancerStarted() => Interlocked.Exchange(ref _due, NewSignal()).SetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Whether the load balancer answered, which includes a refusal.
    private async Task<bool> SendAsync(Uri loadBalancer, string path, CancellationToken ct)
    {
        string? failure = null;
        var answers = false;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{loadBalancer.AbsoluteUri.TrimEnd('/')}/{path}");
            request.Headers.Add(RequestHeaders.ApiKey, loadBalancers.Key);
            // A new one each time: the factory replaces the connections every two minutes, because the address behind a name may change.
            using var client = clients.CreateClient(HttpClientName);
            using var response = await client.SendAsync(request, ct);
            answers = true;
            if (!response.IsSuccessStatusCode) failure = $"it answered {(int)response.StatusCode}";
        }
        catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !ct.IsCancellationRequested))
        {
            failure = error.Message;
        }

        lock (_lastFailure)
        {
            if (_lastFailure[loadBalancer] == failure) return answers;
            _lastFailure[loadBalancer] = failure;
        }
        if (failure is null) Log.Registered(logger, loadBalancer);
        else if (answers) Log.RegistrationRefused(_operatorLogger, loadBalancer, failure);
        else Log.RegistrationFailed(logger, loadBalancer, failure);
        return answers;
    }

    /// <summary>The last known number if Redis is unavailable: the heartbeat must not stop.</summary>
    private async Task<long> CountRoomsAsync(CancellationToken ct)
    {
        try
        {
            return _lastRoomCount = await rooms.CountAsync(ct);
        }
        catch (BackplaneUnavailableException)
        {
            return _lastRoomCount;
        }
    }

    /// <summary>Waits until the port is known, which may be any free one, and accepts connections.</summary>
    private async Task WaitUntilListeningAsync(CancellationToken ct)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ct);
    }

    private string AdvertisedAddress()
    {
        var host = loadBalancers.AdvertisedHost;
        if (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6) host = $"[{address}]";
        // HOST may contain a port, for example that of a published container.
        if (Uri.TryCreate($"tcp://{host}", UriKind.Absolute, out var given) && given.Port > 0) return host;
        var listening = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{BindingAddress.Parse(listening).Port}");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Registered with {LoadBalancer}.")]
        public static partial void Registered(ILogger logger, Uri loadBalancer);

        [LoggerMessage(Level = LogLevel.Error, Message =
            "{LoadBalancer} refuses this Api: {Failure}. It forwards no requests here; check LOADBALANCER_KEY and HOST.")]
        public static partial void RegistrationRefused(ILogger logger, Uri loadBalancer, string failure);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Registration with {LoadBalancer} failed: {Failure}; retrying.")]
        public static partial void RegistrationFailed(ILogger logger, Uri loadBalancer, string failure);
    }
}
