using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Api;

/// <summary>
/// Tells every load balancer, at once and then every 10 s, that this Api is there: <c>PUT /register/{host}/{cpus}/{rooms}/{version}</c>,
/// <c>{host}</c> being <c>name:port</c>. A load balancer that is away is no harm: others are told, and it hears the next one. Before the
/// first round is over the Api is not ready: whoever waits for that may then come through any of them.
/// </summary>
internal sealed partial class Heartbeats(
    LoadBalancers loadBalancers, RoomDirectory rooms, IHttpClientFactory clients, IServer server, IConfiguration configuration,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Heartbeats> logger) : BackgroundService, IHealthCheck
{
    /// <summary>Name of the <see cref="HttpClient"/> that sends heartbeats.</summary>
    public const string Client = "heartbeats";

    /// <summary>Three missed ones and a load balancer forgets us.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Less than the interval, so that one that hangs does not hold up the next round of all.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // What each said last (null: welcome), so that a change is told and a state is not.
    private readonly Dictionary<Uri, string?> _lastFailure = loadBalancers.Urls.Distinct().ToDictionary(url => url, _ => (string?)"not tried yet");
    private long _rooms;
    private volatile bool _haveBeenTold;

    /// <summary>Whether every load balancer has been told, or could not be.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        _haveBeenTold ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The load balancers have not been told yet."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartedAsync(stoppingToken);
            var self = Uri.EscapeDataString(Address());
            using var timer = new PeriodicTimer(Interval, time);
            do
            {
                _rooms = await CountRoomsAsync();
                var path = string.Create(
                    CultureInfo.InvariantCulture, $"register/{self}/{Environment.ProcessorCount}/{_rooms}/{AppInfo.CurrentVersion}");
                await Task.WhenAll(_lastFailure.Keys.ToArray().Select(url => BeatAsync(url, path, stoppingToken)));
                _haveBeenTold = true;
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task BeatAsync(Uri loadBalancer, string path, CancellationToken ct)
    {
        string? failure = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{loadBalancer.AbsoluteUri.TrimEnd('/')}/{path}");
            request.Headers.Add(ApiKeys.Header, loadBalancers.Key);
            // A new one each time: the factory replaces the connections every two minutes, because the address behind a name may change.
            using var client = clients.CreateClient(Client);
            using var response = await client.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode) failure = $"it answered {(int)response.StatusCode}";
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            failure = error.Message;
        }

        lock (_lastFailure)
        {
            if (_lastFailure[loadBalancer] == failure) return;
            _lastFailure[loadBalancer] = failure;
        }
        if (failure is null) Log.Registered(logger, loadBalancer);
        else Log.NotRegistered(logger, loadBalancer, failure);
    }

    /// <summary>While Redis is away, what it said last: the load balancer is to know that we live.</summary>
    private async Task<long> CountRoomsAsync()
    {
        try
        {
            return await rooms.CountAsync();
        }
        catch (BackplaneUnavailableException)
        {
            return _rooms;
        }
    }

    /// <summary>Before it, the port is not known (it may be any free one) and does not accept.</summary>
    private async Task StartedAsync(CancellationToken ct)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ct);
    }

    private string Address()
    {
        var host = configuration.AdvertisedHost();
        if (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6) host = $"[{address}]";
        // HOST may name a port: that of a published container, say.
        if (Uri.TryCreate($"tcp://{host}", UriKind.Absolute, out var given) && given.Port > 0) return host;
        var listening = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{BindingAddress.Parse(listening).Port}");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Registered with {LoadBalancer}.")]
        public static partial void Registered(ILogger logger, Uri loadBalancer);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Not registered with {LoadBalancer}: {Failure}. Trying again every 10 s.")]
        public static partial void NotRegistered(ILogger logger, Uri loadBalancer, string failure);
    }
}
