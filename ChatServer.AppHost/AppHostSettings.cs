using System.Net;
using System.Net.Sockets;
using ChatServer.Settings;
using Microsoft.Extensions.Configuration;

namespace ChatServer.AppHost;

/// <summary>
/// The settings of an operator, with development values below them. No service has a default for a key, and a published application
/// model contains none of the development values.
/// </summary>
internal sealed class AppHostSettings
{
    private readonly ConfigurationManager _configuration;
    private readonly Dictionary<int, string> _ports = [];
    private readonly Dictionary<string, IResourceBuilder<ParameterResource>> _keys = [];
    private readonly bool _runs;

    private AppHostSettings(ConfigurationManager configuration, bool runs)
    {
        (_configuration, _runs) = (configuration, runs);
        AddDefaults();
        // The processes have other working directories.
        foreach (var path in (Setting<string?>[])[ServerSettings.RedisData, ServerSettings.TokenJwks])
            if (path.Read(Value) is { } full) configuration[path.ConfigurationKey] = full;
        Bind = ServerSettings.Bind.Read(Value);
        ApiPort = ReadPort(ServerSettings.ApiPort);
        AdminPort = ReadPort(ServerSettings.AdminPort);
        LoadBalancerPorts = ServerSettings.LoadBalancerPorts.Read(Value);
        foreach (var port in LoadBalancerPorts) Reserve(ServerSettings.LoadBalancerPorts.Name, port, Bind);
        var dashboardUrl = this[ServerSettings.DashboardUrls]?.Split(';')[0];
        if (runs && Uri.TryCreate(dashboardUrl, UriKind.Absolute, out var dashboard) && dashboard.Port > 0)
            Reserve(ServerSettings.DashboardUrls.Name, dashboard.Port, IPAddress.Loopback);
        // A service would end with the same error, but only after the others have started.
        foreach (var setting in ServerSettings.All.Where(setting => this[setting] is not null)) setting.Check(Value);
        if (runs) RemoveKeysFromEnvironment();
    }

    /// <summary>The value of a setting as text; null if it is unset or empty.</summary>
    public string? this[Setting setting] => Value(setting.ConfigurationKey);

    /// <summary>Whether <c>KEY</c> has its development value.</summary>
    public bool HasDevelopmentKey => this[ServerSettings.ApiKeys] == ServerSettings.ApiKeys.AppHost!.Value;

    /// <summary><c>PORT</c>: the port of the Api.</summary>
    public int ApiPort { get; }

    /// <summary><c>ADMIN_PORT</c>.</summary>
    public int AdminPort { get; }

    /// <summary><c>LOADBALANCER_PORTS</c>, comma-separated: one load balancer per port.</summary>
    public IReadOnlyList<int> LoadBalancerPorts { get; }

    /// <summary>Whether the AppHost starts the embedded Redis: it runs and has no <c>ConnectionStrings__redis</c>.</summary>
    public bool UsesEmbeddedRedis => _runs && this[ServerSettings.Redis] is null;

    /// <summary><c>LOADBALANCERS</c>: addresses that differ from those on which the load balancers listen; null if unset.</summary>
    public ReferenceExpression? LoadBalancers =>
        this[ServerSettings.LoadBalancers] is { } urls ? ReferenceExpression.Create($"{urls}") : null;

    /// <summary>
    /// The environment of the services. They read both variables, and <c>DOTNET_ENVIRONMENT</c>, which the launch profile sets, would
    /// override the operator's choice. Null in a published model, which leaves it open.
    /// </summary>
    public string? ServiceEnvironment =>
        _runs ? this[ServerSettings.Environment] ?? Value("DOTNET_ENVIRONMENT") ?? ServerSettings.Environment.AppHost!.Value : null;

    /// <summary>The host name at which this machine reaches a listener that is bound to <c>BIND</c>.</summary>
    public string LocalHost =>
        IPAddress.IsLoopback(Bind) || Bind.Equals(IPAddress.Any) || Bind.Equals(IPAddress.IPv6Any) ? "localhost"
        : Bind.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Bind}]"
        : Bind.ToString();

    /// <summary>The address of the dashboard with its login token, which Aspire generates at start; null without a dashboard.</summary>
    public string? DashboardLogin => this[ServerSettings.DashboardUrls]?.Split(';')[0].TrimEnd('/') is { } dashboard
        ? Value("AppHost:BrowserToken") is { } token ? $"{dashboard}/login?t={token}" : dashboard
        : null;

    private static IEnumerable<Setting> Keys =>
        ServerSettings.All.Where(setting => setting is { IsSecret: true, Handover: Handover.Passed });

    private IPAddress Bind { get; }

    /// <summary>
    /// The id of a RoomHost: <c>HOST_ID</c> and its number. It stays the same across restarts, so the host opens its rooms again.
    /// </summary>
    public string HostIdOf(int number) => $"{this[ServerSettings.HostId]}-{number}";

    /// <summary>The parameter of the application model that contains a key.</summary>
    public IResourceBuilder<ParameterResource> Key(Setting setting) => _keys[setting.Name];

    /// <summary>
    /// Reads the settings. Returns null, after one line on stderr, if a setting is invalid, a port is in use, or the checkout was moved.
    /// </summary>
    public static AppHostSettings? Read(IDistributedApplicationBuilder builder)
    {
        try
        {
            MovedCheckout.ThrowIfMoved();
            var settings = new AppHostSettings(builder.Configuration, builder.ExecutionContext.IsRunMode);
            foreach (var name in Keys.Select(key => key.Name).Distinct())
                settings._keys[name] = builder.AddParameterFromConfiguration(name.Replace('_', '-').ToLowerInvariant(), name, secret: true);
            return settings;
        }
        catch (StartupException error)
        {
            Console.Error.WriteLine(error.Message);
            return null;
        }
    }

    /// <summary>
    /// Returns a free port for a process whose port no setting states; null in a published model. The orchestrator would choose an ephemeral
    /// port, which an outgoing connection may take before the process listens on it.
    /// </summary>
    public int? FreePort()
    {
        // Below the ephemeral ports of Linux (32,768) and other systems (49,152).
        const int Lowest = 20_000, Beyond = 32_768;
        while (_runs)
        {
            var port = Random.Shared.Next(Lowest, Beyond);
            if (!_ports.ContainsKey(port) && FindError(port, Bind) is null)
            {
                _ports[port] = "a free port";
                return port;
            }
        }
        return null;
    }

    private void AddDefaults()
    {
        foreach (var setting in ServerSettings.All.Where(setting => setting.Handover != Handover.Inherited))
        {
            var value = setting.AppHost is { } appHost ? appHost.IsForDevelopment && !_runs ? null : appHost.Value
                : setting.Readers == SettingReaders.AppHost ? setting.DefaultText
                : null;
            if (value is not null && this[setting] is null) _configuration[setting.ConfigurationKey] = value;
        }
    }

    // Child processes inherit the environment of the orchestrator, which inherits this one. Each key is passed only to its own service.
    private static void RemoveKeysFromEnvironment()
    {
        foreach (var key in Keys) Environment.SetEnvironmentVariable(key.Name, null);
    }

    private string? Value(string key) => _configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    // A service accepts 0. Here the port must be known, because others are told its number.
    private int ReadPort(Setting<int> setting)
    {
        var port = setting.Read(Value);
        return port > 0
            ? Reserve(setting.Name, port, Bind)
            : throw new StartupException($"{setting.Name} must be {SettingFormats.FixedPort.Description}, not '{port}'.");
    }

    // Checked before any process starts: with one service unable to listen, the deployment would be incomplete.
    private int Reserve(string variable, int port, IPAddress address)
    {
        if (!_ports.TryAdd(port, variable))
            throw new StartupException($"{variable} and {_ports[port]} are the same port, {port}.");
        return _runs && FindError(port, address) is { } error
            ? throw new StartupException($"Cannot listen on port {port}: {error}. {variable} sets the port, BIND the address.")
            : port;
    }

    // Why nothing can listen on the port; null if it is free.
    private static string? FindError(int port, IPAddress address)
    {
        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
            return null;
        }
        catch (SocketException error)
        {
            return error.Message;
        }
    }
}
