using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Registers and runs the services of a RoomHost.</summary>
internal static class RoomHostServices
{
    /// <summary>Adds the ports of the rooms, the rooms, and the loops of the host.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddRooms(this WebApplicationBuilder builder)
    {
        var options = RoomHostOptions.FromConfiguration(builder.Configuration);
        var services = builder.Services;
        builder.AddTokenVerifier(
            builder.Configuration.Read(ServerSettings.RoomHostKeys), s => s.GetRequiredService<AdminTokenSecret>().TryGetAsync);
        services.AddSingleton(options);
        services.AddSingleton(new ServiceInstance(options.HostId));
        services.AddSingleton(new RoomPortsOptions
        {
            Bind = builder.Configuration.BindAddress(),
            MaxFrameBytes = options.MaxFrameBytes,
            HandshakeTimeout = options.HandshakeTimeout,
            TrustedProxies = builder.Configuration.Read(ServerSettings.TrustedProxies),
        });
        services.AddSingleton<RoomPorts>();
        services.AddSingleton<IConnectionListenerFactory>(s => s.GetRequiredService<RoomPorts>());
        services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>()
            .Configure<RoomPorts>((kestrel, ports) => ports.ListenOn(kestrel));
        services.AddSingleton(s => new PortPool(
            s.GetRequiredService<RoomPorts>(), options.RoomPorts, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<PortPool>>()));
        services.AddSingleton(new JoinRateLimiter(options.ConnectionsPerSecond, options.SessionConnectionsPerSecond));
        services.AddSingleton(s => new RoomRequestHandler(
            options, s.GetRequiredService<JoinRateLimiter>(), s.GetRequiredService<IdentitySecret>().UidOfAsync,
            s.GetRequiredService<RelaySecret>().IsValidAsync, s.GetRequiredService<TokenVerifier>()));
        services.AddSingleton<LeaseHolder>();
        services.AddSingleton<IHeldLease>(s => s.GetRequiredService<LeaseHolder>());
        services.AddSingleton<RoomSlots>();
        services.AddSingleton<LogReadLimiter>();
        services.AddSingleton<HostSanctions>();
        services.AddSingleton<ErasureLoop>();
        services.AddSingleton<IMemberCommands, ModerationCommands>();
        services.AddSingleton<RoomOpener>();
        services.AddSingleton<RoomMover>();
        services.AddSingleton<RoomReconciler>();
        services.AddSingleton<RoomRebalancer>();
        services.AddSingleton<CommandHandler>();
        services.AddSingleton<HostState>();
        services.AddSingleton<HostLoadMeter>();
        services.AddSingleton<BusiestRooms>();
        services.AddSingleton<HostMetrics>();
        services.AddSingleton<PeriodicTasks>();
        services.AddSingleton<ReconcileSignal>();
        services.AddSingleton<LeaseLoop>();
        services.AddSingleton<HostOrders>();
        services.AddSingleton<NotificationLoop>();
        services.AddSingleton<ReconcileLoop>();
        services.AddSingleton<RescueLoop>();
        services.AddSingleton<RebalanceLoop>();
        services.AddSingleton<ReportLoop>();
        services.AddSingleton<HostStop>();
        services.AddSingleton<JitWarmup>();
        services.AddSingleton<HostService>();
        services.AddHostedService(s => s.GetRequiredService<HostService>());
        services.AddHealthChecks().AddCheck<LeaseHealthCheck>("lease");
        // A stop moves or closes all rooms and their members, see HostStop.
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
    }

    /// <summary>Handles the requests to the ports of rooms. Requests to the process's own port continue to the health endpoints.</summary>
    public static void MapRooms(this WebApplication app)
    {
        app.Services.GetRequiredService<HostMetrics>();
        var rooms = app.Services.GetRequiredService<RoomRequestHandler>();
        app.UseTrustedProxies();
        app.MapWhen(RoomRequestHandler.IsForRoom, branch => branch.Run(rooms.HandleAsync));
    }

    /// <summary>Runs the JIT warm-up, and then the host until the process stops.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    public static async Task RunRoomsAsync(this WebApplication app)
    {
        var host = app.Services.GetRequiredService<HostService>();
        await app.Services.GetRequiredService<JitWarmup>().TryRunAsync();
        await app.RunAsync();
        host.ThrowIfFailed();
    }

    private sealed class LeaseHealthCheck(LeaseHolder lease) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lease.IsHeld ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The host's lease is not renewed."));
    }
}
