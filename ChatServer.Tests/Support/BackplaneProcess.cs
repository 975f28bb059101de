using ChatServer.Backplane;
using ChatServer.Backplane.Audit;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Tests.Support;

/// <summary>The Backplane of one process, with its own connections and services: for Redis, each instance is a process.</summary>
public sealed class BackplaneProcess : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="connectionString">Connection string of Redis.</param>
    /// <param name="time">The clock; null: the system clock.</param>
    /// <param name="otlpEndpoint">Enables telemetry; nothing is sent to it.</param>
    public BackplaneProcess(string connectionString, TimeProvider? time = null, string? otlpEndpoint = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["ConnectionStrings:redis"] = connectionString;
        builder.Configuration[ServerSettings.OtlpEndpoint.Name] = otlpEndpoint;
        if (time is not null)
            builder.Services.AddSingleton(time);
        builder.AddBackplane();
        _host = builder.Build();
        _ = Connection; // connects now, before many threads request a service at once
    }

    public BackplaneConnection Connection => Get<BackplaneConnection>();
    public RoomDirectory Rooms => Get<RoomDirectory>();
    public RoomOptionsWriter OptionsWriter => Get<RoomOptionsWriter>();
    public RoomLookup Lookup => Get<RoomLookup>();
    public RoomPlacement Placement => Get<RoomPlacement>();
    public RoomRescue Rescue => Get<RoomRescue>();
    public RoomChanges Changes => Get<RoomChanges>();
    public RoomOwnership Ownership => Get<RoomOwnership>();
    public RoomLog Log => Get<RoomLog>();
    public RoomCommands Commands => Get<RoomCommands>();
    public HostDirectory Hosts => Get<HostDirectory>();
    public HostDrain Drain => Get<HostDrain>();
    public HostRebalance Rebalance => Get<HostRebalance>();
    public HostLease Lease => Get<HostLease>();
    public HostInbox Inbox => Get<HostInbox>();
    public Announcements Announcements => Get<Announcements>();
    public ClusterShutdown Shutdown => Get<ClusterShutdown>();
    public RelaySecret RelaySecret => Get<RelaySecret>();
    public SanctionStore Sanctions => Get<SanctionStore>();
    public IdentitySecret Identities => Get<IdentitySecret>();
    public AdminTokenSecret AdminTokenSecret => Get<AdminTokenSecret>();
    public ClusterSignals ClusterSignals => Get<ClusterSignals>();
    public HealthCheckService Health => Get<HealthCheckService>();

    /// <summary>Another audit trail of this process, with its own bounds.</summary>
    public AuditLog Audit(AuditBounds bounds) => ActivatorUtilities.CreateInstance<AuditLog>(_host.Services, bounds);

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();

    private T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();
}
