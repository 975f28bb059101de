using ChatServer.Contracts;

namespace ChatServer.LoadBalancer;

/// <summary>
/// The Apis that told this load balancer, lately, that they live. Its own memory and nobody else's: after a restart they
/// are all back with their next heartbeat.
/// </summary>
internal sealed partial class ApiRegistry : IDisposable
{
    /// <summary>Heartbeats come every 10 s; three missed and an Api is out.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger<ApiRegistry> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<ApiAddress, (RegisteredApi Api, long Seen)> _apis = [];
    private readonly ITimer _sweeper;

    public ApiRegistry(TimeProvider time, ILogger<ApiRegistry> logger)
    {
        (_time, _logger) = (time, logger);
        _sweeper = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <summary>An Api came or went. Not raised for a heartbeat of one that is known.</summary>
    public event Action? Changed;

    /// <summary>Takes a heartbeat.</summary>
    public RegisteredApi Beat(ApiAddress address, int cpus, long rooms, string version)
    {
        var api = new RegisteredApi(address.Host, address.Port, cpus, rooms, version, _time.GetUtcNow());
        bool came;
        lock (_gate)
        {
            came = !_apis.ContainsKey(address);
            _apis[address] = (api, _time.GetTimestamp());
        }
        if (came)
        {
            Log.Came(_logger, address);
            Changed?.Invoke();
        }
        return api;
    }

    /// <summary>Those that live, least loaded first: by processors beyond rooms, then by address, so that the order is one.</summary>
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

    private void Sweep()
    {
        var gone = new List<ApiAddress>();
        lock (_gate)
        {
            gone.AddRange(_apis.Where(known => _time.GetElapsedTime(known.Value.Seen) > Lifetime).Select(known => known.Key));
            gone.ForEach(address => _apis.Remove(address));
        }
        if (gone.Count == 0) return;
        gone.ForEach(address => Log.Gone(_logger, address, Lifetime));
        Changed?.Invoke();
    }

    public void Dispose() => _sweeper.Dispose();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Api {Address} registered.")]
        public static partial void Came(ILogger logger, ApiAddress address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Api {Address} is out: no heartbeat for {Lifetime}.")]
        public static partial void Gone(ILogger logger, ApiAddress address, TimeSpan lifetime);
    }
}
