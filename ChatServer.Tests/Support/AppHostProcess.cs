using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Support;

/// <summary>The AppHost as a process, with its dashboard, as a developer starts it.</summary>
public sealed class AppHostProcess : RunningAppHost
{
    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/ChatServer.AppHost/bin/Debug/net10.0/
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.AppHost", StringComparison.Ordinal), "ChatServer.AppHost.dll");

    // Values that the machine may have set and that must not reach the process.
    private static readonly string[] Unset =
    [
        "KEY", "ADMIN_KEY", "LOADBALANCER_KEY", "LOADBALANCERS", "BIND", "HOST", "HOST_ID", "ConnectionStrings__redis", "REDIS_DATA",
        "ASPNETCORE_ENVIRONMENT", "OTEL_EXPORTER_OTLP_ENDPOINT", "MAX_ROOMS", "TRUSTED_PROXIES",
    ];

    private AppHostProcess(IReadOnlyList<(string Name, string? Value)> settings, Func<AppHostProcess, ServerProcess> start)
        : base(settings) => Process = start(this);

    // …/bin/Debug/net10.0/
    private static readonly string Configuration = Path.GetFileName(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..")));

    public ServerProcess Process { get; }

    /// <summary>The ports of the deployment and of the dashboard.</summary>
    public override IEnumerable<int> Ports => [.. base.Ports, DashboardPort, OtlpPort, ResourceServicePort];

    private Dictionary<string, string?> Environment =>
        Unset.ToDictionary(name => name, _ => (string?)null).Concat(Settings)
            .GroupBy(setting => setting.Key).ToDictionary(group => group.Key, group => group.Last().Value);

    /// <summary>Starts it without waiting.</summary>
    public static AppHostProcess Launch(params (string Name, string? Value)[] settings) =>
        new(settings, appHost => ServerProcess.Start("dotnet", [Program], appHost.Environment));

    /// <summary>Starts it with <paramref name="arguments"/> and without settings: it publishes its model and ends.</summary>
    public static AppHostProcess Launch(IReadOnlyList<string> arguments) => new([("ROOM_PORTS", null)], appHost => ServerProcess.Start(
        "dotnet", [Program, .. arguments], appHost.Environment));

    /// <summary>Starts it and waits until it reports that the deployment is ready.</summary>
    public static Task<AppHostProcess> StartAsync(params (string Name, string? Value)[] settings) =>
        ReadyAsync(() => Launch(settings));

    /// <summary>
    /// Starts it with the command of the README. The launch profile overrides the environment, so the ports are options.
    /// </summary>
    public static Task<AppHostProcess> RunAsync() => ReadyAsync(() => new AppHostProcess([], appHost => ServerProcess.Start(
        "dotnet",
        [
            "run", "--project", Path.Combine(SourceTree.Root, "ChatServer.AppHost"), "--no-build", "-c", Configuration,
            .. appHost.Settings.SelectMany(setting => (string[])["-e", $"{setting.Key}={setting.Value}"]),
        ],
        appHost.Environment)));

    /// <inheritdoc/>
    public override IReadOnlyList<Service> Services() => Service.Of(Process.Id);

    /// <summary>Also asserts that no process of the orchestrator is running.</summary>
    public override async Task LeavesNothingAsync(IReadOnlyList<Service> services)
    {
        await base.LeavesNothingAsync(services);
        await Eventually.Async(() => Service.Orchestrators(Process.Id), running => running.Count == 0, EndTimeout);
    }

    public override async ValueTask DisposeAsync()
    {
        // `dotnet run` has the AppHost as its child, and does not end it when it is killed.
        await Process.KillWithChildrenAsync();
        await Process.DisposeAsync();
    }

    // The AppHost binds its ports a second after they were chosen. If another process took one, other ports are chosen.
    private static async Task<AppHostProcess> ReadyAsync(Func<AppHostProcess> launch)
    {
        const int Attempts = 3;
        var appHost = launch();
        try
        {
            for (var attempt = 1; attempt < Attempts && await FindsItsPortInUseAsync(appHost); attempt++)
            {
                await appHost.DisposeAsync();
                appHost = launch();
            }
            await Eventually.Async(
                () => appHost.Process.Output,
                output => output.Contains("ChatServer is ready.", StringComparison.Ordinal) || appHost.Process.HasExited, Timeout);
            Assert.False(appHost.Process.HasExited, appHost.Process.Output);
            return appHost;
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> FindsItsPortInUseAsync(AppHostProcess appHost)
    {
        const string PortInUse = "Address already in use";
        var output = await Eventually.Async(
            () => appHost.Process.Output,
            output => appHost.Process.HasExited || output.Contains("ChatServer is ready.", StringComparison.Ordinal), Timeout);
        return output.Contains(PortInUse, StringComparison.Ordinal);
    }
}
