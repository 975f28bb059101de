using ChatServer.Backplane.Audit;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.Admin.Hosting;

/// <summary>Registers the services of the Admin and reads its settings.</summary>
internal static class AdminServices
{
    /// <summary>1 MiB: an announcement to <see cref="AnnouncementRequest.MaxRooms"/> rooms with the longest names has 0.7 MB.</summary>
    public const long MaxBodyBytes = 1024 * 1024;

    /// <summary>The keys of <c>ADMIN_KEY</c>.</summary>
    /// <exception cref="StartupException"><c>ADMIN_KEY</c> is missing or invalid.</exception>
    public static void AddAdminKeys(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(new ApiKeys(builder.Configuration.Read(ServerSettings.AdminKeys)));

    /// <summary>The audit trail, to which endpoints write with <see cref="AuditedEndpoints.Audited"/>.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddAudit(this WebApplicationBuilder builder)
    {
        builder.AddAuditLog();
        builder.Services.AddSingleton<AuditWriter>(services => services.GetRequiredService<AuditLog>().WriteAsync);
    }

    /// <summary>
    /// Descriptions of rooms, as on the Api. The page connects only to <c>PUBLIC_URL</c>, or the first of <c>LOADBALANCERS</c>.
    /// </summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddRoomDescriptions(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(RoomAddresses.Read(builder.Configuration).OnlyFirst());
        builder.Services.AddSingleton<RoomDescriber>();
        builder.Services.AddSingleton<Moderator>();
    }

    /// <summary>Figures of this machine. Created at the start, because the up time counts from here.</summary>
    public static void AddMachineStats(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(new MachineStats(TimeProvider.System));

    /// <summary>Without Redis, each call that needs it answers <c>redis-unavailable</c>.</summary>
    public static void AddRedisUnavailable(this WebApplicationBuilder builder) =>
        builder.Services.AddUnavailable<BackplaneUnavailableException>(ErrorCodes.RedisUnavailable, ProblemHandlers.RedisRetryAfter);
}
