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

    public static readonly Setting<bool> MetricsEndpoint = new(
        "METRICS_ENDPOINT", SettingReaders.Services, SettingFormats.Flag, "false",
        "whether `/metrics` on the port for health checks answers Prometheus: see [Telemetry](telemetry.md#prometheus)");

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

    public static readonly Setting<IReadOnlyList<string>?> RoomHostKeys = new(
        "KEY", SettingReaders.RoomHost, SettingFormats.Keys!, null,
        "`KEY` of the Api, which verifies its join tokens. Without it, the RoomHost reports that at its start and refuses these tokens")
    {
        DefaultNote = "tokens signed with `KEY` are refused",
        IsSecret = true,
    };

    public static readonly Setting<string?> TokenJwks = new(
        "TOKEN_JWKS", SettingReaders.Api | SettingReaders.RoomHost, SettingFormats.FileOrUrl, null,
        "JWK set of your own identity provider, whose join tokens (RS256, ES256, EdDSA) are accepted too: see " +
        "[Access control](access-control.md#your-own-identity-provider)");

    public static readonly Setting<string?> TokenIssuer = new(
        "TOKEN_ISSUER", SettingReaders.Api | SettingReaders.RoomHost, SettingFormats.Text("the issuer of the tokens"), null,
        "claim `iss` that tokens of the identity provider must have")
    {
        DefaultNote = "any",
    };

    public static readonly Setting<string?> TokenAudience = new(
        "TOKEN_AUDIENCE", SettingReaders.Api | SettingReaders.RoomHost, SettingFormats.Text("the audience of the tokens"), null,
        "claim `aud` that tokens of the identity provider must have")
    {
        DefaultNote = "any",
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

    public static readonly Setting<Uri?> PublicUrl = new(
        "PUBLIC_URL", SettingReaders.Services, SettingFormats.Url, null,
        "address at which clients reach the load balancers. The `url` in a room's description and the pages lead there instead of to "
        + "`LOADBALANCERS`; pages of its origin may always join");

    public static readonly Setting<string?> ApiHost = new(
        "HOST", SettingReaders.Api, SettingFormats.HostWithPort, null, "address under which the Api registers")
    {
        DefaultNote = "`BIND`, or the machine's name",
    };

    public static readonly Setting<bool> OpenRooms = new(
        "OPEN_ROOMS", SettingReaders.Api, SettingFormats.Flag, "false",
        "whether clients may create public rooms with the default options without a key, at most 10 per address (IPv6: per /64 network) and "
        + "hour, so that one client cannot take all ports. For a server in a trusted network or a demonstration");

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

    public static readonly Setting<string> Rebalance = new(
        "REBALANCE", SettingReaders.RoomHost, SettingFormats.OneOf("off", "slow", "fast"), "off",
        "how rooms move to a host that starts or is resumed, if another one has at least five rooms more than its share: not at all, one per "
        + "second, or without a pause; rooms without members first. A move changes the room's port, so it is off unless clients join through "
        + "load balancers. `POST /api/v1/rebalance` of the Admin moves rooms in any case");

    public static readonly Setting<int> ParallelMoves = new(
        "PARALLEL_MOVES", SettingReaders.RoomHost, SettingFormats.Number(1, 64), "1",
        "rooms that a drain moves at the same time. A move takes some 7 ms; with more at a time, a drain is faster, and the members of more "
        + "rooms return at once");

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
        "origins whose pages may join, in addition to those of `PUBLIC_URL` and of the load balancer that the page came from. Include the "
        + "origin of the admin page if operators read rooms there");

    public static readonly Setting<string> ReservedNames = new(
        "RESERVED_NAMES", SettingReaders.RoomHost, SettingFormats.UserNames, "operator,admin,administrator,moderator,system",
        "names that only the holder of a token may use; upper case, full-width forms and spaces make no difference");

    public static readonly Setting<IReadOnlyList<IPNetwork>> TrustedProxies = new(
        "TRUSTED_PROXIES", SettingReaders.Services, SettingFormats.Networks, "",
        "proxies whose `X-Forwarded-*` headers are trusted. At the Api, the Admin and the RoomHost, the load balancers too: the address of a "
        + "client is then its own in limits and in the audit trail")
    {
        AppHost = new("127.0.0.1,::1", "trusts the load balancers on this machine"),
    };

    public static readonly Setting<IReadOnlyList<IPNetwork>> ApiNetworks = new(
        "API_NETWORKS", SettingReaders.LoadBalancer, SettingFormats.Networks,
        "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7",
        "networks in which registered Apis may be located; link-local addresses never are");

    public static readonly Setting<int> MessagesPerSecond = new(
        "MESSAGES_PER_SECOND", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "20",
        "sustained message rate of a connection; 0: no limit");

    public static readonly Setting<int> MessageBurst = new(
        "MESSAGE_BURST", SettingReaders.RoomHost, SettingFormats.Number(1, MaxRate), "100", "messages that a connection may send at once");

    public static readonly Setting<int> ConnectionsPerSecond = new(
        "CONNECTIONS_PER_SECOND", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "200",
        "connections from one address (IPv6: one /64 network) to all rooms of the host together; a session that holds a seat in the room "
        + "is not counted, so members behind one address can all return at once. 0: no limit");

    public static readonly Setting<int> SessionConnectionsPerSecond = new(
        "SESSION_CONNECTIONS_PER_SECOND", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "1",
        "connections of a session that holds a seat which are not counted for its address, after a burst of 20 s: a client with a bad "
        + "connection reconnects less often, and a client in a loop exceeds it. 0: none is counted");

    public static readonly Setting<int?> MembersPerAddress = new(
        "MEMBERS_PER_ADDRESS", SettingReaders.RoomHost, SettingFormats.OptionalNumber(0, MaxRate), null,
        "members of a room from one address (IPv6: one /64 network): more than a company has behind its address, and fewer than one client "
        + "needs to exhaust the memory of a host. Requires `TRUSTED_PROXIES` at a load balancer behind a proxy. 0: no limit")
    {
        DefaultNote = "50 × `CONNECTIONS_PER_SECOND`",
    };

    public static readonly Setting<int> ConnectionsPerUid = new(
        "CONNECTIONS_PER_UID", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "100",
        "members of a room that have tokens of one `uid`: the devices and tabs of a user, or the processes of a bot. 0: no limit");

    public static readonly Setting<int> ConnectionsPerSession = new(
        "CONNECTIONS_PER_SESSION", SettingReaders.RoomHost, SettingFormats.Number(0, MaxRate), "10",
        "members of a room that have one session and tokens of different `uid`s: a browser in which several users sign in one after another "
        + "has two for some seconds. 0: no limit");

    public static readonly Setting<int?> BytesPerSecond = new(
        "BYTES_PER_SECOND", SettingReaders.RoomHost, SettingFormats.OptionalNumber(0, 1 << 30), null,
        "bytes of text frames from one connection, inflated, with a burst that lasts as long as that of messages (at least one frame). "
        + "16 KiB per message are the longest text in any script, so only a client that pads its frames exceeds it. 0: no limit")
    {
        DefaultNote = "16384 × `MESSAGES_PER_SECOND`",
    };

    public static readonly Setting<int?> RoomMessagesPerSecond = new(
        "ROOM_MESSAGES_PER_SECOND", SettingReaders.RoomHost, SettingFormats.OptionalNumber(0, 1 << 30), null,
        "messages of all members of a room, after a burst of 2 s: 250 members may send at their full rate, more than anybody can read, so "
        + "only a flood from many connections exceeds it. Messages of the Api are not counted. 0: no limit")
    {
        DefaultNote = "250 × `MESSAGES_PER_SECOND`",
    };

    public static readonly Setting<int> RoomsPerKey = new(
        "ROOMS_PER_KEY", SettingReaders.Api, SettingFormats.Number(0, 1_000_000), "100000",
        "rooms that one key has created and that still exist: those of ten full hosts. A backend that creates rooms in a loop cannot take "
        + "the rooms of other keys. Rooms that were deleted are counted until the limit is reached. 0: no limit");

    public static readonly Setting<int> RequestsPerSecond = new(
        "REQUESTS_PER_SECOND", SettingReaders.Api | SettingReaders.Admin, SettingFormats.Number(0, MaxRate), "200",
        "requests of one address (IPv6: one /64 network) without a valid key, after a burst of 5 s; the chat app loads about 40 files. "
        + "Requires `TRUSTED_PROXIES`, otherwise all clients of a load balancer are one address. 0: no limit");

    public static readonly Setting<int> KeyRequestsPerSecond = new(
        "KEY_REQUESTS_PER_SECOND", SettingReaders.Api | SettingReaders.Admin, SettingFormats.Number(0, MaxRate), "5000",
        "requests with one key, after a burst of 5 s: more than one process can answer on two cores, so only a backend that runs wild "
        + "reaches it. 0: no limit");

    public static readonly Setting<int> AuditEntries = new(
        "AUDIT_ENTRIES", SettingReaders.Api | SettingReaders.Admin | SettingReaders.RoomHost, SettingFormats.Number(100, 1_000_000), "10000",
        "maximum number of calls in the audit trail; 10,000 of about 300 bytes take 3 MB in Redis. As many commands of moderators are kept "
        + "beside them, and a tenth as many calls without a valid key");

    public static readonly Setting<int> AuditDays = new(
        "AUDIT_DAYS", SettingReaders.Api | SettingReaders.Admin | SettingReaders.RoomHost, SettingFormats.Number(1, 3650), "90",
        "days after which an entry of the audit trail is removed; it contains addresses, which should not be kept longer than needed");

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

    public static readonly Setting<TimeSpan> KeepAliveTimeout = new(
        "KEEP_ALIVE_SECONDS", SettingReaders.Api | SettingReaders.Admin | SettingReaders.LoadBalancer, SettingFormats.Seconds, "130",
        "time without a request after which an HTTP connection is closed; longer than a proxy keeps its idle connections");

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
        Redis, Bind, PublicUrl, TrustedProxies, Environment, LogLevel, OtlpEndpoint, MetricsEndpoint,
        ApiPort, ApiKeys, RoomHostKeys, TokenJwks, TokenIssuer, TokenAudience, AdminPort, AdminKeys,
        LoadBalancers, ApiLoadBalancerKeys, ApiHost, OpenRooms, RoomsPerKey,
        RoomHostPort, RoomPorts, MaxRooms, Rebalance, ParallelMoves, RoomHostAddress, HostId, AllowedOrigins, ReservedNames,
        MessagesPerSecond, MessageBurst, BytesPerSecond, RoomMessagesPerSecond, ConnectionsPerSecond, SessionConnectionsPerSecond,
        MembersPerAddress, ConnectionsPerUid, ConnectionsPerSession, MaxFrameBytes,
        MaxTextLength, HandshakeTimeout, PingInterval, SilenceTimeout, RoomBufferBytes,
        LoadBalancerPort, LoadBalancerKeys, ApiNetworks, KeepAliveTimeout, RequestsPerSecond, KeyRequestsPerSecond, AuditEntries, AuditDays,
        RedisPort, RedisBind, RedisPassword, RedisData,
        LoadBalancerPorts, DashboardUrls, DashboardOtlpUrl, ResourceServiceUrl,
    ];

    /// <summary>The settings that a process reads.</summary>
    public static IEnumerable<Setting> Of(SettingReaders reader) => All.Where(setting => (setting.Readers & reader) != 0);
}
