using ChatServer.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>
/// The Apis that sent this load balancer a heartbeat within <see cref="Lifetime"/>. The registry is in memory only: after a restart, each
/// Api registers with its next heartbeat.
/// </summary>
internal sealed partial class ApiRegistry : IHealthCheck, IDisposable
{
    /// <summary>Three heartbeats, which arrive every 10 s.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Time after the start for which the load balancer waits for the first Api before it is ready without one.</summary>
    public static readonly TimeSpan StartupGrace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger<ApiRegistry> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<ApiAddress, (RegisteredApi Api, long Seen)> _apis = [];
    private readonly ITimer _sweeper;
    private readonly long _startedAt;
    private volatile bool _isReady;

    public ApiRegistry(TimeProvider time, ILogger<ApiRegistry> logger)
    {
        (_time, _logger, _startedAt) = (time, logger, time.GetTimestamp());
        _sweeper = time.CreateTimer(_ => RemoveExpired(), null, SweepInterval, SweepInterval);
    }

    /// <summary>An Api was added or removed. Not raised for a heartbeat of a registered Api.</summary>
    public event Action? Changed;

    /// <summary>Number of registered Apis.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _apis.Count;
        }
    }

    /// <summary>Whether the Api is registered.</summary>
    public bool Contains(ApiAddress address)
    {
        lock (_gate)
            return _apis.ContainsKey(address);
    }

    /// <summary>Unhealthy until an Api has registered, or <see cref="StartupGrace"/> is over: rooms are served without an Api.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        _isReady |= _time.GetElapsedTime(_startedAt) >= StartupGrace;
        return Task.FromResult(_isReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("No Api has registered yet."));
    }

    /// <summary>Records a heartbeat and adds the Api if it is new.</summary>
    public RegisteredApi RecordHeartbeat(ApiAddress address, int cpus, long rooms, string version)
    {
        var api = new RegisteredApi(address.Host, address.Port, cpus, rooms, version, _time.GetUtcNow());
        bool added;
        lock (_gate)
        {
            added = !_apis.ContainsKey(address);
            _apis[address] = (api, _time.GetTimestamp());
        }
        _isReady = true;
        if (added)
        {
            Log.Registered(_logger, address);
            Changed?.Invoke();
        }
        return api;
    }

    /// <summary>The registered Apis, least loaded first: by processors minus rooms, then by address.</summary>
    public IReadOnlyList<RegisteredApi> List()
    {
        lock (_gate)
        {
            return
            [
                .. _apis.Values.Select(known => known.Api)
                    .OrderByDescending(api => api.Cpus - api.Rooms)
                    .ThenBy(api => api.Host, StringComparer.Ordinal)
                    .ThenBy(api => api.Port),
            ];
        }
    }

    private void RemoveExpired()
    {
        var expired = new List<ApiAddress>();
        lock (_gate)
        {
            expired.AddRange(_apis.Where(known => _time.GetElapsedTime(known.Value.Seen) > Lifetime).Select(known => known.Key));
            expired.ForEach(address => _apis.Remove(address));
        }
        if (expired.Count == 0) return;
        expired.ForEach(address => Log.Removed(_logger, address, Lifetime));
        Changed?.Invoke();
    }

    public void Dispose() => _sweeper.Dispose();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Api {Address} registered.")]
        public static partial void Registered(ILogger logger, ApiAddress address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Api {Address} removed: no heartbeat for {Lifetime}.")]
        public static partial void Removed(ILogger logger, ApiAddress address, TimeSpan lifetime);
    }
}
