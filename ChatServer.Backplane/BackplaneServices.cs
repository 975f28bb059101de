using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Erasures;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>Registers the Backplane.</summary>
public static class BackplaneServices
{
    /// <summary>
    /// Adds all services that coordinate processes through Redis. The connection string is <c>ConnectionStrings:redis</c>; it is required.
    /// </summary>
    /// <exception cref="StartupException">The connection string is missing or malformed.</exception>
    public static TBuilder AddBackplane<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        var redis = ServerSettings.Redis.Read(key => builder.Configuration[key])!;
        RedisConfiguration.Check(redis);
        builder.AddRedisClients(redis);
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(TaskScheduler.Default);
        services.TryAddSingleton(IdGenerator.System);
        services.TryAddSingleton<RedisConnector>(s => client => s.GetRequiredKeyedService<IConnectionMultiplexer>(client));
        services.AddSingleton<RedisConnectionMetrics>();
        services.AddSingleton<BackplaneConnection>();
        services.AddSingleton<CorruptRecords>();
        services.AddSingleton<RedisFailureLog>();
        services.AddHostedService<RedisStartCheck>();
        services.AddSingleton<RoomDirectory>();
        services.AddSingleton<RoomOptionsWriter>();
        services.AddSingleton<OpenRoomQuota>();
        services.AddSingleton<KeyRoomQuota>();
        services.AddSingleton<RoomLookup>();
        services.AddSingleton<RoomPlacement>();
        services.AddSingleton<RoomRescue>();
        services.AddSingleton<RoomChanges>();
        services.AddSingleton<RoomOwnership>();
        services.AddSingleton<RoomLog>();
        services.AddSingleton<WarmupRooms>();
        services.AddSingleton<RelaySecret>();
        services.AddSingleton<AdminTokenSecret>();
        services.AddSingleton<IdentitySecret>();
        services.AddSingleton<SanctionStore>();
        services.AddSingleton<UserErasures>();
        services.AddSingleton<RoomCommands>();
        services.AddSingleton<HostDirectory>();
        services.AddSingleton<HostSurvey>();
        services.AddSingleton<HostLease>();
        services.AddSingleton<HostDrain>();
        services.AddSingleton<HostRebalance>();
        services.AddSingleton<HostInbox>();
        services.AddSingleton<Announcements>();
        services.AddSingleton<ClusterShutdown>();
        services.AddSingleton<ClusterSignals>();
        services.AddSingleton<LoadBalancerStarts>();
        return builder;
    }
}
