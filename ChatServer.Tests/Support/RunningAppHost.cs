using System.Net.Sockets;

namespace ChatServer.Tests.Support;

/// <summary>The AppHost as a developer runs it, on ports that nobody else uses.</summary>
public sealed class RunningAppHost : IAsyncDisposable
{
    /// <summary>Seven processes start, on a machine that runs other tests at the same time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const int RoomPorts = 100;

    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/ChatServer.AppHost/bin/Debug/net10.0/
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.AppHost", StringComparison.Ordinal), "ChatServer.AppHost.dll");

    // What the machine that runs the tests may have set must not reach the process.
    private static readonly string[] Ours =
    [
        "KEY", "ADMIN_KEY", "LOADBALANCER_KEY", "LOADBALANCERS", "BIND", "HOST", "HOST_ID", "ConnectionStrings__redis", "REDIS_DATA",
        "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "OTEL_EXPORTER_OTLP_ENDPOINT", "MAX_ROOMS", "TRUSTED_PROXIES",
    ];

    private RunningAppHost(IReadOnlyDictionary<string, string?> settings) =>
        Process = ServerProcess.Start("dotnet", [Program], Ours.ToDictionary(name => name, _ => (string?)null).Concat(PortSettings()).Concat(settings)
            .GroupBy(setting => setting.Key).ToDictionary(group => group.Key, group => group.Last().Value));

    public ServerProcess Process { get; }

    public int ApiPort { get; } = FreePort.Next();

    public int AdminPort { get; } = FreePort.Next();

    public int[] LoadBalancerPorts { get; } = [FreePort.Next(), FreePort.Next()];

    public int DashboardPort { get; } = FreePort.Next();

    private int FirstRoomPort { get; } = FreePort.Next(RoomPorts);

    public IEnumerable<int> Ports => [ApiPort, AdminPort, .. LoadBalancerPorts, DashboardPort];

    /// <summary>Starts it without waiting for anything.</summary>
    public static RunningAppHost Launch(params (string Name, string? Value)[] settings) =>
        new(settings.ToDictionary(setting => setting.Name, setting => setting.Value));

    /// <summary>Starts it and waits until it says that everything is there.</summary>
    public static async Task<RunningAppHost> StartAsync(params (string Name, string? Value)[] settings)
    {
        var appHost = Launch(settings);
        await Eventually.Async(
            () => appHost.Process.Output,
            output => output.Contains("ChatServer is ready.", StringComparison.Ordinal) || appHost.Process.HasExited, Patience);
        Assert.False(appHost.Process.HasExited, appHost.Process.Output);
        return appHost;
    }

    /// <summary>The processes that it has started and that still run, with the assembly that each one runs.</summary>
    public IReadOnlyList<Service> Services() =>
    [
        .. from folder in Directory.GetDirectories("/proc")
           where int.TryParse(Path.GetFileName(folder), out _)
           let service = Service.Read(folder)
           where service is not null && service.Parent == Process.Id
           select service,
    ];

    /// <summary>Nothing of <paramref name="services"/> runs, and nobody listens where they did.</summary>
    public async Task LeavesNothingAsync(IReadOnlyList<Service> services)
    {
        await Eventually.Async(() => services.Where(service => service.Runs).ToList(), running => running.Count == 0, TimeSpan.FromSeconds(30));
        Assert.All(Ports, port => Assert.False(Accepts(port), $"Somebody listens on {port}."));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

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

    private Dictionary<string, string?> PortSettings() => new()
    {
        ["PORT"] = $"{ApiPort}",
        ["ADMIN_PORT"] = $"{AdminPort}",
        ["LOADBALANCER_PORTS"] = string.Join(',', LoadBalancerPorts),
        ["DASHBOARD_PORT"] = $"{DashboardPort}",
        ["ROOM_PORTS"] = $"{FirstRoomPort}-{FirstRoomPort + RoomPorts - 1}",
    };
}

/// <summary>A process of the topology.</summary>
public sealed record Service(int Id, int Parent, string Name)
{
    public bool Runs => Read($"/proc/{Id}") is { } now && now.Name == Name;

    /// <summary>The variables that it was started with.</summary>
    public IReadOnlyDictionary<string, string> Environment() => File.ReadAllText($"/proc/{Id}/environ")
        .Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>What <c>/proc</c> tells; null when the process is gone, or none of ours.</summary>
    public static Service? Read(string folder)
    {
        try
        {
            var assembly = File.ReadAllText($"{folder}/cmdline").Split('\0').FirstOrDefault(part => part.EndsWith(".dll", StringComparison.Ordinal));
            // "pid (name) state parent …", and the name may hold anything.
            var stat = File.ReadAllText($"{folder}/stat");
            var parent = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
            return assembly is null ? null
                : new Service(int.Parse(Path.GetFileName(folder), null), int.Parse(parent, null), Path.GetFileNameWithoutExtension(assembly));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
