using System.Net;
using ChatServer.Contracts;

namespace ChatServer.Settings;

/// <summary>Every setting of every process, each defined once.</summary>
#pragma warning disable CS1591 // A row documents itself: its Meaning is the text of the configuration reference.
public static class ServerSettings
{
    private const int MaxRate = 1_000_000;

    public static readonly Setting<string?> Redis = new(
        "ConnectionStrings__redis", SettingReaders.Services,
        SettingFormats.Text("a connection string such as localhost:6379,password=secret"), null, "the Redis server that all services share")
    {
        IsRequired = true,
        IsSecret = true,
        Handover = Handover.Assigned,
        AppHost = new(null, "the Redis server of the services: see [Your own Redis server](#your-own-redis-server)")
        {
            Note = "none: the embedded Redis is started",
        },
    };

    public static readonly Setting<IPAddress> Bind = new(
        "BIND", SettingReaders.Services, SettingFormats.Address, "0.0.0.0", "IP address to which every listener binds")
    {
        AppHost = new("127.0.0.1", "IP address to which every listener binds"),
    };

    public static readonly Setting<string?> Environment = new(
        "ASPNETCORE_ENVIRONMENT", SettingReaders.Services, SettingFormats.Text("a name"), "Production",
        "`Development`: readable logs from level Information; otherwise: JSON on stdout, level Critical only")
    {
        Handover = Handover.Inherited,
        AppHost = new("Development", "environment of the services"),
    };

    public static readonly Setting<string?> LogLevel = new(
        "Logging__LogLevel__Default", SettingReaders.Services, SettingFormats.Text("a level"), null,
        "log level, for example `Information`")
    {
        DefaultNote = "see above",
        Handover = Handover.Inherited,
    };

    public static readonly Setting<string?> OtlpEndpoint = new(
        "OTEL_EXPORTER_OTLP_ENDPOINT", SettingReaders.Services, SettingFormats.Text("a URL"), null,
        "destination of traces, metrics and logs (OTLP); the other `OTEL_*` variables apply too")
    {
        Handover = Handover.Inherited,
    };

    public static readonly Setting<int> ApiPort = new(
        "PORT", SettingReaders.Api, SettingFormats.Port, "80", "port; 0: any free port")
    {
        Handover = Handover.Assigned,
        AppHost = new("8080", "port of the Api", IsForDevelopment: false),
    };

    public static readonly Setting<IReadOnlyList<string>> ApiKeys = new(
        "KEY", SettingReaders.Api, SettingFormats.Keys, null, "key that callers send in `X-API-Key`; of several, each is accepted")
    {
        IsRequired = true,
        IsSecret = true,
        AppHost = new("TESTING_KEY", "key of the Api"),
    };

    public static readonly Setting<IReadOnlyList<Uri>> LoadBalancers = new(
        "LOADBALANCERS", SettingReaders.Api | SettingReaders.Admin, SettingFormats.Urls, "",
        "base URLs of the load balancers. The Api registers with each of them. The `url` in a room's description leads through the first")
    {
        Handover = Handover.Assigned,
        AppHost = new(null, "base URLs under which clients reach the load balancers, if they differ")
        {
            Note = "the addresses of the load balancers that it starts",
        },
    };

    public static readonly Setting<IReadOnlyList<string>> ApiLoadBalancerKeys = new(
        "LOADBALANCER_KEY", SettingReaders.Api, SettingFormats.Keys, null, "key to register with; of several, the first is sent")
    {
        DefaultNote = "required with `LOADBALANCERS`",
        IsSecret = true,
    };

    public static readonly Setting<string?> ApiHost = new(
        "HOST", SettingReaders.Api, SettingFormats.HostWithPort, null, "address under which the Api registers")
    {
        DefaultNote = "`BIND`, or the machine's name",
    };

    public static readonly Setting<int> AdminPort = new(
        "ADMIN_PORT", SettingReaders.Admin, SettingFormats.Port, "8090", "port; 0: any free port")
    {
        Handover = Handover.Assigned,
        AppHost = new("8090", "port of the Admin", IsForDevelopment: false),
    };

    public static readonly Setting<IReadOnlyList<string>> AdminKeys = new(
        "ADMIN_KEY", SettingReaders.Admin, SettingFormats.Keys, null, "key that callers send in `X-API-Key`; of several, each is accepted")
    {
        IsRequired = true,
        IsSecret = true,
        AppHost = new("ADMIN_TESTING_KEY", "key of the Admin"),
    };

    public static readonly Setting<int> RoomHostPort = new(
        "PORT", SettingReaders.RoomHost, SettingFormats.Port, "0", "port for health checks; 0: any free port")
    {
        Handover = Handover.Assigned,
    };

    public static readonly Setting<(int First, int Last)> RoomPorts = new(
        "ROOM_PORTS", SettingReaders.RoomHost, SettingFormats.PortRange, "34000-65535",
        "first and last port for rooms; a room gets the lowest free one")
    {
        // A published model contains it, because no endpoint can express a port range.
        AppHost = new("34000-65535", "first and last port for rooms", IsForDevelopment: false),
    };

    public static readonly Setting<int> MaxRooms = new(
        "MAX_ROOMS", SettingReaders.RoomHost, SettingFormats.Number(1, 65_536), "10000", "maximum number of open rooms");

    public static readonly Setting<string?> RoomHostAddress = new(
        "HOST", SettingReaders.RoomHost, SettingFormats.Host, null, "address at which load balancers and clients reach the room ports")
    {
        DefaultNote = "`BIND`, or the machine's name; `localhost` on loopback",
    };

    public static readonly Setting<string?> HostId = new(
        "HOST_ID", SettingReaders.RoomHost, SettingFormats.HostId, null,
        "id of the host. A host that keeps its id across restarts opens its rooms again")
    {
        DefaultNote = "machine name and 8 random digits",
        Handover = Handover.Assigned,
        AppHost = new(
            "roomhost",
            "prefix of the host ids `roomhost-1`, `roomhost-2`. They stay the same across restarts, so the hosts open their rooms again",
            IsForDevelopment: false),
    };

    public static readonly Setting<string> AllowedOrigins = new(
        "ALLOWED_ORIGINS", SettingReaders.RoomHost, SettingFormats.Origins, "*",
        "origins whose pages may join. Include the origin of the admin page if operators read rooms there");

    public static readonly Setting<IReadOnlyList<IPNetwork>> TrustedProxies = new(
        "TRUSTED_PROXIES", SettingReaders.RoomHost | SettingReaders.LoadBalancer, SettingFormats.Networks, "",
        "proxies whose `X-Forwarded-*` headers are trusted")
    {
        AppHost = new("127.0.0.1,::1", "trusts the load balancers on this machine"),
    };

    public static readonly Setting<int> MessagesPerSecond = new(
        "MESSAGES_PER_SECOND", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "20",
        "sustained message rate of a connection; 0: no limit");

    public static readonly Setting<int> MessageBurst = new(
        "MESSAGE_BURST", SettingReaders.RoomHost, SettingFormats.Number(1, MaxRate), "100", "messages that a connection may send at once");

    public static readonly Setting<int> ConnectionsPerSecond = new(
        "CONNECTIONS_PER_SECOND", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "200",
        "connections from one address to all rooms of the host together; 0: no limit");

    public static readonly Setting<int> MaxFrameBytes = new(
        "MAX_FRAME_BYTES", SettingReaders.RoomHost, SettingFormats.Bytes(1024, Limits.MaxFrameBytes), $"{Limits.MaxFrameBytes}",
        "maximum size of a frame or message from a client");

    public static readonly Setting<int> MaxTextLength = new(
        "MAX_TEXT_LENGTH", SettingReaders.RoomHost, SettingFormats.Number(1, Limits.MaxTextLength), $"{Limits.MaxTextLength}",
        "maximum number of characters of a text");

    public static readonly Setting<TimeSpan> HandshakeTimeout = new(
        "HANDSHAKE_SECONDS", SettingReaders.RoomHost, SettingFormats.Seconds, "10",
        "time in which a connection must complete its handshake");

    public static readonly Setting<TimeSpan> PingInterval = new(
        "PING_SECONDS", SettingReaders.RoomHost, SettingFormats.Seconds, "20", "time between the server's pings");

    public static readonly Setting<TimeSpan> SilenceTimeout = new(
        "SILENCE_SECONDS", SettingReaders.RoomHost, SettingFormats.Seconds, "45",
        "time without a byte from a member after which the host closes the connection");

    public static readonly Setting<int> RoomBufferBytes = new(
        "ROOM_BUFFER_BYTES", SettingReaders.RoomHost, SettingFormats.Bytes(256 * 1024, 1 << 30), "4194304",
        "size of the buffer that a room keeps for slow members; allocated when needed, released when the room is quiet");

    public static readonly Setting<int> LoadBalancerPort = new(
        "PORT", SettingReaders.LoadBalancer, SettingFormats.Port, "2000", "port; 0: any free port")
    {
        Handover = Handover.Assigned,
    };

    public static readonly Setting<IReadOnlyList<string>> LoadBalancerKeys = new(
        "LOADBALANCER_KEY", SettingReaders.LoadBalancer, SettingFormats.Keys, null,
        "key for `/register` and `/servers`; of several, each is accepted")
    {
        IsRequired = true,
        IsSecret = true,
        AppHost = new("LB_TESTING_KEY", "key of the load balancers"),
    };

    public static readonly Setting<int> RedisPort = new(
        "PORT", SettingReaders.Redis, SettingFormats.FixedPort, "6379", "port")
    {
        Handover = Handover.Assigned,
    };

    public static readonly Setting<IPAddress> RedisBind = new(
        "BIND", SettingReaders.Redis, SettingFormats.Address, "127.0.0.1", "IP address of the listener")
    {
        Handover = Handover.Assigned,
    };

    public static readonly Setting<string?> RedisPassword = new(
        "REDIS_PASSWORD", SettingReaders.Redis, SettingFormats.Text("a password"), null,
        "password that clients must send; the AppHost generates a new one for each start")
    {
        IsSecret = true,
        Handover = Handover.Assigned,
    };

    public static readonly Setting<string?> RedisData = new(
        "REDIS_DATA", SettingReaders.Redis, SettingFormats.Folder, null, "folder for the data; rooms and histories then survive a restart")
    {
        DefaultNote = "none: in memory",
        AppHost = new(null, "folder for the data of the embedded Redis") { Note = "none: in memory" },
    };

    public static readonly Setting<IReadOnlyList<int>> LoadBalancerPorts = new(
        "LOADBALANCER_PORTS", SettingReaders.AppHost, SettingFormats.FixedPorts, "2000,2001",
        "one load balancer for each port. Only the AppHost reads it");

    public static readonly Setting<string?> DashboardUrls = new(
        "ASPNETCORE_URLS", SettingReaders.AppHost, SettingFormats.Text("a URL"), null, "address of the dashboard")
    {
        DefaultNote = "`http://localhost:18888`",
    };

    public static readonly Setting<string?> DashboardOtlpUrl = new(
        "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", SettingReaders.AppHost, SettingFormats.Text("a URL"), null,
        "address at which the dashboard receives telemetry")
    {
        DefaultNote = "`http://localhost:18889`",
    };

    public static readonly Setting<string?> ResourceServiceUrl = new(
        "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", SettingReaders.AppHost, SettingFormats.Text("a URL"), null,
        "address from which the dashboard reads the state of the services")
    {
        DefaultNote = "`http://localhost:18890`",
    };

    /// <summary>Every setting, in the order of the configuration reference.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Redis, Bind, Environment, LogLevel, OtlpEndpoint,
        ApiPort, ApiKeys, AdminPort, AdminKeys, LoadBalancers, ApiLoadBalancerKeys, ApiHost,
        RoomHostPort, RoomPorts, MaxRooms, RoomHostAddress, HostId, AllowedOrigins, MessagesPerSecond, MessageBurst,
        ConnectionsPerSecond, MaxFrameBytes, MaxTextLength, HandshakeTimeout, PingInterval, SilenceTimeout, RoomBufferBytes,
        LoadBalancerPort, LoadBalancerKeys, TrustedProxies,
        RedisPort, RedisBind, RedisPassword, RedisData,
        LoadBalancerPorts, DashboardUrls, DashboardOtlpUrl, ResourceServiceUrl,
    ];

    /// <summary>The settings that a process reads.</summary>
    public static IEnumerable<Setting> Of(SettingReaders reader) => All.Where(setting => (setting.Readers & reader) != 0);
}
