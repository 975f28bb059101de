using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace ChatServer.AppHost;

/// <summary>
/// The variables that operators set, over values for development. Nowhere else does a key have a default: what is deployed without
/// the AppHost asks for its own.
/// </summary>
internal sealed class Settings
{
    /// <summary>Two hosts, so that what happens between hosts happens on a developer's machine too.</summary>
    public static readonly string[] RoomHostNumbers = ["1", "2"];

    /// <summary>Of every process that serves HTTP.</summary>
    public static readonly string[] OfEveryService = ["BIND", "TRUSTED_PROXIES", "DOTNET_ENVIRONMENT"];

    /// <summary>Of the processes that keep rooms; <c>RoomHostOptions</c> explains them.</summary>
    public static readonly string[] OfRoomHosts =
    [
        "HOST", "ROOM_PORTS", "MAX_ROOMS", "ALLOWED_ORIGINS", "MAX_FRAME_BYTES", "MAX_TEXT_LENGTH", "MESSAGES_PER_SECOND", "MESSAGE_BURST",
        "CONNECTIONS_PER_SECOND", "HANDSHAKE_SECONDS", "PING_SECONDS", "SILENCE_SECONDS", "ROOM_BUFFER_BYTES",
    ];

    private static readonly Dictionary<string, string> Development = new()
    {
        ["KEY"] = "TESTING_KEY",
        ["ADMIN_KEY"] = "ADMIN_TESTING_KEY",
        ["LOADBALANCER_KEY"] = "LB_TESTING_KEY",
        ["BIND"] = "127.0.0.1",
        // 80, the Api's own default, needs privileges.
        ["PORT"] = "8080",
        ["ADMIN_PORT"] = "8090",
        ["LOADBALANCER_PORTS"] = "2000,2001",
        ["HOST_ID"] = "roomhost",
        // The load balancers are on this machine: what they say of a client's address counts.
        ["TRUSTED_PROXIES"] = "127.0.0.1,::1",
        ["DOTNET_ENVIRONMENT"] = "Development",
    };

    private readonly ConfigurationManager _configuration;
    private readonly Dictionary<int, string> _ports = [];

    private Settings(ConfigurationManager configuration)
    {
        _configuration = configuration;
        foreach (var (name, value) in Development.Where(setting => this[setting.Key] is null)) configuration[name] = value;
        // Services know both names, and DOTNET_ENVIRONMENT, which our launch profile sets, would win over what somebody chose.
        if (this["ASPNETCORE_ENVIRONMENT"] is { } environment) configuration["DOTNET_ENVIRONMENT"] = environment;
        // The process that uses it has a folder of its own as its current one.
        if (this["REDIS_DATA"] is { } folder) configuration["REDIS_DATA"] = Path.GetFullPath(folder);
        Bind = this["BIND"] switch
        {
            "localhost" => IPAddress.Loopback,
            var text => IPAddress.TryParse(text, out var address) ? address : throw new SettingException($"BIND must be an IP address, not '{text}'."),
        };
        ApiPort = Port("PORT", this["PORT"]!);
        AdminPort = Port("ADMIN_PORT", this["ADMIN_PORT"]!);
        LoadBalancerPorts = [.. List("LOADBALANCER_PORTS").Select(text => Port("LOADBALANCER_PORTS", text))];
    }

    /// <summary>The value of a variable; null when it is not set or empty.</summary>
    public string? this[string name] => _configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>Whether <c>KEY</c> is the one that everybody knows.</summary>
    public bool HasDevelopmentKey => this["KEY"] == Development["KEY"];

    /// <summary><c>PORT</c>.</summary>
    public int ApiPort { get; }

    /// <summary><c>ADMIN_PORT</c>.</summary>
    public int AdminPort { get; }

    /// <summary><c>LOADBALANCER_PORTS</c>, comma-separated: as many load balancers as there are ports.</summary>
    public IReadOnlyList<int> LoadBalancerPorts { get; }

    /// <summary><c>ConnectionStrings__redis</c>: a Redis that runs already; null when there is none.</summary>
    public ReferenceExpression? Redis => this["ConnectionStrings:redis"] is { } redis ? ReferenceExpression.Create($"{redis}") : null;

    /// <summary><c>LOADBALANCERS</c>: addresses that differ from where the load balancers listen; null when they do not.</summary>
    public ReferenceExpression? LoadBalancers => this["LOADBALANCERS"] is { } urls ? ReferenceExpression.Create($"{urls}") : null;

    /// <summary>Where what is bound to <c>BIND</c> is reached from this machine.</summary>
    public string LocalHost => IPAddress.IsLoopback(Bind) || Bind.Equals(IPAddress.Any) || Bind.Equals(IPAddress.IPv6Any) ? "localhost" : Bind.ToString();

    /// <summary>Where the dashboard is: Aspire is told by this variable, and the local runner tells by it.</summary>
    public string? Dashboard => this["ASPNETCORE_URLS"]?.Split(';')[0];

    private IPAddress Bind { get; }

    /// <summary>Reads the settings. One that cannot work, a taken port among them, ends the process with a line that names it.</summary>
    public static Settings Read(IDistributedApplicationBuilder builder)
    {
        try
        {
            return new Settings(builder.Configuration);
        }
        catch (SettingException mistake)
        {
            Console.Error.WriteLine(mistake.Message);
            Environment.Exit(1);
            throw;
        }
    }

    private string[] List(string name) => this[name]!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    // Asked before anything runs: one process that cannot listen would leave the others half of a server.
    private int Port(string variable, string text)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            throw new SettingException($"{variable} must be a port from 1 to 65535, not '{text}'.");
        if (!_ports.TryAdd(port, variable))
            throw new SettingException($"{variable} and {_ports[port]} are the same port, {port}.");
        try
        {
            using var probe = new TcpListener(Bind, port);
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
