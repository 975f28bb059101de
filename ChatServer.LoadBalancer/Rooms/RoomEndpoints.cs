using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.LoadBalancer;

/// <summary>Rooms by name: <c>/rooms/{name}</c>, as a WebSocket or a plain GET. Nothing else lives below <c>/rooms</c>.</summary>
internal static class RoomEndpoints
{
    private static readonly TimeSpan RetryRedis = TimeSpan.FromSeconds(2);

    public static void AddRooms(this WebApplicationBuilder builder)
    {
        MemberConnection.Prepare(builder.WebHost);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<RoomRoutes>();
        builder.Services.AddSingleton<RoomConnections>();
        builder.Services.AddSingleton<RoomForwarder>();
        builder.Services.PostConfigure<HealthCheckServiceOptions>(RedisMayBeAway);
        builder.Services.AddUnavailable<BackplaneUnavailableException>(ErrorCodes.RedisUnavailable, RetryRedis);
    }

    public static void MapRooms(this WebApplication app)
    {
        // Made now, not by the first request: it listens for changes, and connecting to Redis takes a moment.
        var forwarder = app.Services.GetRequiredService<RoomForwarder>();
        app.MapMethods("/rooms/{name}", [HttpMethods.Get, HttpMethods.Head], (string name, HttpContext context) => forwarder.ForwardAsync(context, name)).RequireRoomName();
        app.Map("/rooms/{**rest}", () => Problems.Of(StatusCodes.Status404NotFound, "There are only rooms here: GET /rooms/{name}."));
    }

    /// <summary>
    /// Known rooms and every Api stay within reach. Who takes us out of service because Redis is away, takes all of them out.
    /// </summary>
    private static void RedisMayBeAway(HealthCheckServiceOptions health)
    {
        foreach (var check in health.Registrations.Where(check => check.Name == "redis"))
            check.FailureStatus = HealthStatus.Degraded;
    }
}
