using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>A running AppHost with ports of its own, so that several can run at once.</summary>
public abstract class RunningAppHost : IAsyncDisposable
{
    /// <summary>Seven processes start, on a machine that runs other tests at the same time.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(180);

    /// <summary>How long processes and ports may remain after the AppHost ended.</summary>
    protected static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(45);

    private const int RoomPorts = 100;

    protected RunningAppHost(IEnumerable<(string Name, string? Value)> settings)
    {
        var firstRoomPort = FreePort.Next(RoomPorts);
        Settings = new Dictionary<string, string?>
        {
            ["PORT"] = $"{ApiPort}",
            ["ADMIN_PORT"] = $"{AdminPort}",
            ["LOADBALANCER_PORTS"] = string.Join(',', LoadBalancerPorts),
            ["ROOM_PORTS"] = $"{firstRoomPort}-{firstRoomPort + RoomPorts - 1}",
            ["ASPNETCORE_URLS"] = $"http://localhost:{DashboardPort}",
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{OtlpPort}",
            ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://localhost:{ResourceServicePort}",
            ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
            ["DOTNET_ENVIRONMENT"] = "Development",
        };
        foreach (var (name, value) in settings) Settings[name] = value;
    }

    public int ApiPort { get; } = FreePort.Next();

    public int AdminPort { get; } = FreePort.Next();

    public int[] LoadBalancerPorts { get; } = [FreePort.Next(), FreePort.Next()];

    public int DashboardPort { get; } = FreePort.Next();

    protected int OtlpPort { get; } = FreePort.Next();

    protected int ResourceServicePort { get; } = FreePort.Next();

    /// <summary>The ports on which the deployment accepts connections.</summary>
    public virtual IEnumerable<int> Ports => [ApiPort, AdminPort, .. LoadBalancerPorts];

    protected Dictionary<string, string?> Settings { get; }

    /// <summary>The processes of the topology that run now.</summary>
    public abstract IReadOnlyList<Service> Services();

    /// <summary>Asserts that none of <paramref name="services"/> is running and that no port accepts a connection.</summary>
    public virtual async Task LeavesNothingAsync(IReadOnlyList<Service> services)
    {
        await Eventually.Async(() => services.Where(service => service.Runs).ToList(), running => running.Count == 0, EndTimeout);
        await Eventually.Async(() => Ports.Where(Accepts).ToList(), accepting => accepting.Count == 0, EndTimeout);
    }

    public abstract ValueTask DisposeAsync();

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
