using ChatServer.Api.Endpoints;
using ChatServer.Backplane;
using ChatServer.Backplane.Audit;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Tokens;
using ChatServer.Web;

namespace ChatServer.Api.Hosting;

/// <summary>Registers the services of the Api and reads its settings.</summary>
internal static class ApiServices
{
    /// <summary>The keys of <c>KEY</c>, and the join tokens that are signed with the first of them.</summary>
    /// <exception cref="StartupException"><c>KEY</c> is missing, or a setting is invalid.</exception>
    public static void AddApiKeys(this WebApplicationBuilder builder)
    {
        var keys = builder.Configuration.Read(ServerSettings.ApiKeys);
        builder.Services.AddSingleton(new ApiKeys(keys));
        builder.Services.AddSingleton<RoomAccess>();
        builder.Services.AddSingleton<UserMessages>();
        builder.Services.AddSingleton<BanNotice>();
        builder.Services.AddSingleton(s => TokenSigner.OfApiKey(keys[0], s.GetRequiredService<TimeProvider>()));
        builder.AddTokenVerifier(keys, s => s.GetRequiredService<AdminTokenSecret>().TryGetAsync);
    }

    /// <summary>The audit trail, to which endpoints write with <see cref="AuditedEndpoints.Audited"/>.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddAudit(this WebApplicationBuilder builder)
    {
        builder.AddAuditLog();
        builder.Services.AddSingleton<AuditWriter>(services => services.GetRequiredService<AuditLog>().WriteAsync);
    }

    /// <summary>Reads <c>OPEN_ROOMS</c>.</summary>
    /// <exception cref="StartupException">The setting is invalid.</exception>
    public static void AddOpenRooms(this WebApplicationBuilder builder)
    {
        var areAllowed = builder.Configuration.Read(ServerSettings.OpenRooms);
        builder.Services.AddSingleton(s => ActivatorUtilities.CreateInstance<OpenRooms>(s, areAllowed));
    }

    /// <summary>Reads <c>ROOMS_PER_KEY</c>.</summary>
    /// <exception cref="StartupException">The setting is invalid.</exception>
    public static void AddKeyRooms(this WebApplicationBuilder builder)
    {
        var max = builder.Configuration.Read(ServerSettings.RoomsPerKey);
        builder.Services.AddSingleton(s => ActivatorUtilities.CreateInstance<KeyRooms>(s, max));
    }

    /// <summary>The load balancers of <c>LOADBALANCERS</c>, and heartbeats to them.</summary>
    /// <exception cref="StartupException">A setting is invalid, or <c>LOADBALANCER_KEY</c> is missing.</exception>
    public static void AddLoadBalancers(this WebApplicationBuilder builder)
    {
        var loadBalancers = LoadBalancerSettings.Read(builder.Configuration);
        builder.Services.AddSingleton(loadBalancers);
        builder.Services.AddSingleton(RoomAddresses.Read(builder.Configuration));
        if (loadBalancers.Urls.Count == 0) return;
        builder.AddHeartbeatClient();
        builder.Services.AddSingleton<HeartbeatSender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<HeartbeatSender>());
        builder.Services.AddHealthChecks().AddCheck<HeartbeatSender>("load-balancers");
    }

    /// <summary>
    /// Without the default retries and circuit breaker. A heartbeat is repeated in any case: every second until the load balancer answers,
    /// then every 10 s. An open circuit would block heartbeats to a load balancer that can be reached again.
    /// </summary>
    private static void AddHeartbeatClient(this WebApplicationBuilder builder)
    {
        builder.AddHttpClientDefaults();
#pragma warning disable EXTEXP0001 // Marked experimental; there is no other way to leave out a handler of the defaults.
        builder.Services.AddHttpClient(HeartbeatSender.HttpClientName, client =>
            client.Timeout = HeartbeatSender.RequestTimeout).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
    }

    /// <summary>Stops the process when an operator shuts the server down.</summary>
    public static void AddShutdownWatch(this WebApplicationBuilder builder) => builder.Services.AddHostedService<ShutdownWatch>();

    /// <summary>
    /// The Api is ready if it can create rooms: Redis responds (the Backplane's check) and a RoomHost is alive. Without Redis, each call
    /// that needs it answers <c>redis-unavailable</c>.
    /// </summary>
    public static void AddReadinessChecks(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck<RoomHostHealthCheck>("room-hosts");
        builder.Services.AddUnavailable<BackplaneUnavailableException>(ErrorCodes.RedisUnavailable, ProblemHandlers.RedisRetryAfter);
    }
}
