using ChatServer.Backplane.Connections;
using ChatServer.Broadcast.Connections;
using ChatServer.Contracts;
using ChatServer.LoadBalancer.Edge;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>
/// Rooms by name: <c>/rooms/{name}</c>. WebSockets are held here (<see cref="JoinEndpoint"/>), other requests are forwarded.
/// </summary>
internal static class RoomEndpoints
{
    private static readonly TimeSpan RetryRedis = TimeSpan.FromSeconds(2);

    public static void AddRooms(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddHttpForwarder();
        services.AddSingleton<RoomRoutes>();
        services.AddSingleton<RoomHttpClient>();
        services.AddSingleton<RoomForwarder>();
        services.AddSingleton<RelayConnector>();
        services.AddSingleton<EdgeRooms>();
        services.AddSingleton<EdgeObservations>();
        services.AddSingleton<JitWarmup>();
        services.AddHostedService(s => s.GetRequiredService<EdgeRooms>());
        // The members are closed first; then Kestrel waits for idle connections at most until this time.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = EdgeRooms.DrainTime + TimeSpan.FromSeconds(4));
        var trusted = builder.Configuration.Read(ServerSettings.TrustedProxies);
        var pageOrigin = new PageOrigin(trusted, new KnownHosts(builder.Configuration));
        services.AddSingleton(s => new JoinEndpoint(s.GetRequiredService<EdgeRooms>(), trusted, pageOrigin));
        services.TryAddSingleton(new RoomPortsOptions { TrustedProxies = trusted });
        services.AddSingleton<DetachableEndPoints>();
        services.AddSingleton<IConnectionListenerFactory>(s => s.GetRequiredService<DetachableEndPoints>());
        services.PostConfigure<HealthCheckServiceOptions>(MakeRedisOptional);
        services.AddUnavailable<BackplaneUnavailableException>(ErrorCodes.RedisUnavailable, RetryRedis);
    }

    public static void MapRooms(this WebApplication app)
    {
        // Created now and not by the first request: it listens for changes, and the connection to Redis takes a moment.
        var forwarder = app.Services.GetRequiredService<RoomForwarder>();
        var join = app.Services.GetRequiredService<JoinEndpoint>();
        app.Services.GetRequiredService<EdgeObservations>();
        app.MapMethods(
            "/rooms/{name}", [HttpMethods.Get, HttpMethods.Head],
            (string name, HttpContext context) =>
                JoinEndpoint.IsHandshake(context.Request) ? join.JoinAsync(context, name) : forwarder.ForwardAsync(context, name))
            .RequireRoomName();
        // Not by the room: a client must learn that there is none.
        app.MapMethods("/rooms/{name}", [HttpMethods.Options], (HttpContext context) =>
        {
            if (!TokenPreflight.IsPreflight(context.Request))
                return NoSuchCall();
            TokenPreflight.Permit(context.Response);
            return Results.Empty;
        });
        app.Map("/rooms/{**rest}", NoSuchCall);

        static IResult NoSuchCall() =>
            Problems.Of(StatusCodes.Status404NotFound, "There are only rooms here: GET /rooms/{name}.");
    }

    /// <summary>
    /// Without Redis, known rooms and all Apis are still reachable: a health check that fails would take every load balancer out of
    /// service.
    /// </summary>
    private static void MakeRedisOptional(HealthCheckServiceOptions health)
    {
        foreach (var check in health.Registrations.Where(check => check.Name == "redis"))
            check.FailureStatus = HealthStatus.Degraded;
    }
}
