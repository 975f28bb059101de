using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace ChatServer.AppHost;

/// <summary>
/// The settings of an operator, with development values below them. No service has a default for a key, and a published application
/// model contains none of the development values.
/// </summary>
internal sealed class AppHostSettings
{
    /// <summary>Settings of the processes that hold rooms; <c>RoomHostOptions</c> documents them.</summary>
    public static readonly string[] OfRoomHosts =
    [
        "HOST", "ROOM_PORTS", "MAX_ROOMS", "ALLOWED_ORIGINS", "MAX_FRAME_BYTES", "MAX_TEXT_LENGTH", "MESSAGES_PER_SECOND", "MESSAGE_BURST",
        "CONNECTIONS_PER_SECOND", "HANDSHAKE_SECONDS", "PING_SECONDS", "SILENCE_SECONDS", "ROOM_BUFFER_BYTES",
    ];

    private static readonly Dictionary<string, string> Topology = new()
    {
        // The Api's own default, port 80, needs privileges.
        ["PORT"] = "8080",
        ["ADMIN_PORT"] = "8090",
        ["LOADBALANCER_PORTS"] = "2000,2001",
        ["HOST_ID"] = "roomhost",
        // A published model states it, because no endpoint can express a port range.
        ["ROOM_PORTS"] = "34000-65535",
    };

    private static readonly Dictionary<string, string> Development = new()
    {
        ["KEY"] = "TESTING_KEY",
        ["ADMIN_KEY"] = "ADMIN_TESTING_KEY",
        ["LOADBALANCER_KEY"] = "LB_TESTING_KEY",
        ["BIND"] = "127.0.0.1",
        // The load balancers run on this machine: the client addresses that they forward are accepted.
        ["TRUSTED_PROXIES"] = "127.0.0.1,::1",
        ["DOTNET_ENVIRONMENT"] = "Development",
    };

    private readonly ConfigurationManager _configuration;
    private readonly Dictionary<int, string> _ports = [];
    private readonly bool _runs;

    private AppHostSettings(ConfigurationManager configuration, bool runs)
    {
        (_configuration, _runs) = (configuration, runs);
        Default(Topology);
        if (runs) Default(Development);
        // The services read both names. DOTNET_ENVIRONMENT, which the launch profile sets, would override the operator's choice.
        if (this["ASPNETCORE_ENVIRONMENT"] is { } environment) configuration["DOTNET_ENVIRONMENT"] = environment;
        // The Redis process has another working directory.
        if (this["REDIS_DATA"] is { } folder) configuration["REDIS_DATA"] = Path.GetFullPath(folder);
        Bind = this["BIND"] switch
        {
            null => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            var text => IPAddress.TryParse(text, out var address)
                ? address
                : throw new SettingException($"BIND must be an IP address, not '{text}'."),
        };
        ApiPort = Port("PORT", this["PORT"]!);
        AdminPort = Port("ADMIN_PORT", this["ADMIN_PORT"]!);
        LoadBalancerPorts = [.. List("LOADBALANCER_PORTS").Select(text => Port("LOADBALANCER_PORTS", text))];
        if (runs && Uri.TryCreate(this["ASPNETCORE_URLS"]?.Split(';')[0], UriKind.Absolute, out var dashboard) && dashboard.Port > 0)
            Reserve("ASPNETCORE_URLS", dashboard.Port, IPAddress.Loopback);
        if (runs) RemoveKeysFromEnvironment();
    }

    /// <summary>
    /// Settings of every process that serves HTTP. A published model leaves the environment open: that of the launch profile is for
    /// development.
    /// </summary>
    public IEnumerable<string> OfEveryService => _runs ? ["BIND", "TRUSTED_PROXIES", "DOTNET_ENVIRONMENT"] : ["BIND", "TRUSTED_PROXIES"];

    /// <summary>The value of a variable; null if it is unset or empty.</summary>
    public string? this[string name] => _configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>Whether <c>KEY</c> has its development value.</summary>
    public bool HasDevelopmentKey => this["KEY"] == Development["KEY"];

    /// <summary><c>PORT</c>: the port of the Api.</summary>
    public int ApiPort { get; }

    /// <summary><c>ADMIN_PORT</c>.</summary>
    public int AdminPort { get; }

    /// <summary><c>LOADBALANCER_PORTS</c>, comma-separated: one load balancer per port.</summary>
    public IReadOnlyList<int> LoadBalancerPorts { get; }

    /// <summary>Whether the AppHost starts the embedded Redis: it runs and has no <c>ConnectionStrings__redis</c>.</summary>
    public bool UsesEmbeddedRedis => _runs && this["ConnectionStrings:redis"] is null;

    /// <summary><c>LOADBALANCERS</c>: addresses that differ from those on which the load balancers listen; null if unset.</summary>
    public ReferenceExpression? LoadBalancers => this["LOADBALANCERS"] is { } urls ? ReferenceExpression.Create($"{urls}") : null;

    /// <summary>The host name at which this machine reaches a listener that is bound to <c>BIND</c>.</summary>
    public string LocalHost =>
        IPAddress.IsLoopback(Bind) || Bind.Equals(IPAddress.Any) || Bind.Equals(IPAddress.IPv6Any) ? "localhost"
        : Bind.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Bind}]"
        : Bind.ToString();

    /// <summary>The address of the dashboard with its login token, which Aspire generates at start; null without a dashboard.</summary>
    public string? DashboardLogin => this["ASPNETCORE_URLS"]?.Split(';')[0].TrimEnd('/') is { } dashboard
        ? this["AppHost:BrowserToken"] is { } token ? $"{dashboard}/login?t={token}" : dashboard
        : null;

    private IPAddress Bind { get; }

    /// <summary>
    /// The id of a RoomHost: <c>HOST_ID</c> and its number. It stays the same across restarts, so the host opens its rooms again.
    /// </summary>
    public string HostIdOf(int number) => $"{this["HOST_ID"]}-{number}";

    /// <summary>
    /// Reads the settings. Returns null, after one line on stderr that names the variable, if one is invalid or a port is in use.
    /// </summary>
    public static AppHostSettings? Read(IDistributedApplicationBuilder builder)
    {
        try
        {
            return new AppHostSettings(builder.Configuration, builder.ExecutionContext.IsRunMode);
        }
        catch (SettingException error)
        {
            Console.Error.WriteLine(error.Message);
            return null;
        }
    }

    private void Default(Dictionary<string, string> values)
    {
        foreach (var (name, value) in values.Where(setting => this[setting.Key] is null)) _configuration[name] = value;
    }

    // Child processes inherit the environment of the orchestrator, which inherits this one. Each key is passed only to its own service.
    private static void RemoveKeysFromEnvironment()
    {
        foreach (var key in (string[])["KEY", "ADMIN_KEY", "LOADBALANCER_KEY"]) Environment.SetEnvironmentVariable(key, null);
    }

    private string[] List(string name) => this[name]!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private int Port(string variable, string text)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            throw new SettingException($"{variable} must be a port from 1 to 65535, not '{text}'.");
        return Reserve(variable, port, Bind);
    }

    // Checked before any process starts: with one service unable to listen, the deployment would be incomplete.
    private int Reserve(string variable, int port, IPAddress address)
    {
        if (!_ports.TryAdd(port, variable))
            throw new SettingException($"{variable} and {_ports[port]} are the same port, {port}.");
        if (!_runs) return port;
        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
            return port;
        }
        catch (SocketException error)
        {
            throw new SettingException($"Cannot listen on port {port}: {error.Message}. {variable} sets the port, BIND the address.");
        }
    }

    private sealed class SettingException(string message) : Exception(message);
}
