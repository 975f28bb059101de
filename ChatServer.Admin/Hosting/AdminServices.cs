using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.Admin;

/// <summary>Registers what the Admin consists of, and reads its settings.</summary>
internal static class AdminServices
{
    /// <summary>1 MiB: an announcement that names <see cref="AnnouncementRequest.MaxRooms"/> rooms of the longest names is 0.7 MB.</summary>
    public const long MaxBodyBytes = 1024 * 1024;

    /// <summary>When callers had better come back while Redis is away.</summary>
    private static readonly TimeSpan RedisRetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>The keys of <c>ADMIN_KEY</c>.</summary>
    /// <exception cref="StartupException">It is not set.</exception>
    public static void AddAdminKeys(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(new ApiKeys(builder.Configuration.Read(ServerSettings.AdminKeys)));

    /// <summary>Rooms are described as on the Api: through the first of <c>LOADBALANCERS</c>, if there is one.</summary>
    /// <exception cref="StartupException"><c>LOADBALANCERS</c> is invalid.</exception>
    public static void AddRoomDescriptions(this WebApplicationBuilder builder)
    {
        var loadBalancers = builder.Configuration.Read(ServerSettings.LoadBalancers);
        var first = loadBalancers.Count > 0 ? loadBalancers[0] : null;
        builder.Services.AddSingleton(services => new RoomDescriber(services.GetRequiredService<RoomCommands>(), first));
    }

    /// <summary>What the operating system tells of this machine. Made now: the up time counts from here.</summary>
    public static void AddMachineStats(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(new MachineStats(TimeProvider.System));

    /// <summary>Without Redis every call that needs it answers <c>redis-unavailable</c>.</summary>
    public static void AddRedisUnavailable(this WebApplicationBuilder builder) =>
        builder.Services.AddUnavailable<BackplaneUnavailableException>(ErrorCodes.RedisUnavailable, RedisRetryAfter);
}
