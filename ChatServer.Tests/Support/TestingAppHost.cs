using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ChatServer.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Projects;

namespace ChatServer.Tests.Support;

/// <summary>The AppHost in the test process, through Aspire.Hosting.Testing, without a dashboard.</summary>
public sealed class TestingAppHost : RunningAppHost
{
    private readonly LogRecorder _log = new();
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _application;

    // The services inherit it from the test process.
    static TestingAppHost()
    {
        foreach (var (name, value) in ServerProcess.ShortLived) Environment.SetEnvironmentVariable(name, value);
    }

    private TestingAppHost(IEnumerable<(string Name, string? Value)> settings) : base(settings)
    {
    }

    public DistributedApplication Application => _application!;

    /// <summary>
    /// The names of the active links of each service after the first start: the orchestrator may miss the endpoint of a service that a test
    /// has restarted.
    /// </summary>
    public ILookup<string, string?> LinksAtStart { get; private set; } = Array.Empty<string>().ToLookup(link => link, link => (string?)link);

    /// <summary>What the AppHost itself logs, which its console shows.</summary>
    public IReadOnlyCollection<string> Log => _log.Messages;

    public DistributedApplicationModel Model => Application.Services.GetRequiredService<DistributedApplicationModel>();

    private IEnumerable<ProjectResource> Projects => Model.GetProjectResources();

    /// <summary>Starts it and waits until all services are healthy.</summary>
    public static Task<TestingAppHost> StartAsync(params (string Name, string? Value)[] settings) => StartAsync(settings, _ => { });

    /// <summary>Starts it with resources that <paramref name="add"/> adds to the model, and waits until all services are healthy.</summary>
    public static async Task<TestingAppHost> StartAsync((string Name, string? Value)[] settings, Action<IDistributedApplicationBuilder> add)
    {
        var appHost = new TestingAppHost(settings);
        try
        {
            appHost._builder = await DistributedApplicationTestingBuilder.CreateAsync<ChatServer_AppHost>(
            [
                .. appHost.Settings.Where(setting => setting.Value is not null)
                    .Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
            ]);
            add(appHost._builder);
            appHost._builder.Services.AddSingleton<ILoggerProvider>(appHost._log);
            // Without a dashboard no process receives telemetry, and an export every second increases the CPU time of a start by half.
            foreach (var project in appHost._builder.Resources.OfType<ProjectResource>())
            {
                project.Annotations.Add(new EnvironmentCallbackAnnotation(
                    context => context.EnvironmentVariables.Remove(ServerSettings.OtlpEndpoint.Name)));
            }
            appHost._application = await appHost._builder.BuildAsync();
            await appHost._application.StartAsync();
            await appHost.ReadyAsync();
            await appHost.ReadLinksAsync();
            return appHost;
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until the health checks of all services of the topology succeed. <see cref="HealthyAsync"/> waits for the state in the
    /// dashboard, which is up to 3 s older.
    /// </summary>
    public Task ReadyAsync() => Eventually.Async(
        async () =>
        {
            var checks = Application.Services.GetRequiredService<HealthCheckService>();
            var report = await checks.CheckHealthAsync(
                check => !check.Name.StartsWith(SharedAppHost.InvalidRoomHost, StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
            return report.Entries.Where(check => check.Value.Status != HealthStatus.Healthy).Select(check => check.Key).ToList();
        },
        unhealthy => unhealthy.Count == 0, Timeout);

    // A link that stays inactive fails the test that needs it, and no other.
    private async Task ReadLinksAsync()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Eventually.Timeout && Urls().Any(url => url.Url.IsInactive))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        LinksAtStart = Urls().Where(url => !url.Url.IsInactive)
            .ToLookup(url => url.Resource, url => (string?)url.Url.DisplayProperties.DisplayName);
    }

    private IEnumerable<(string Resource, UrlSnapshot Url)> Urls() =>
        from project in Projects
        where project.Name != SharedAppHost.InvalidRoomHost
        from url in Resource(project.Name).Urls
        select (project.Name, url);

    /// <summary>The state of a resource as the dashboard would show it.</summary>
    public CustomResourceSnapshot Resource(string name) =>
        Application.ResourceNotifications.TryGetCurrentState(name, out var current)
            ? current.Snapshot
            : throw new InvalidOperationException($"No state of {name}.");

    /// <summary>Waits until the dashboard would show a resource as healthy.</summary>
    public Task HealthyAsync(string name) => Application.ResourceNotifications.WaitForResourceHealthyAsync(name).WaitAsync(Timeout);

    /// <summary>Waits until the process of a resource has exited.</summary>
    public Task FinishedAsync(string name) =>
        Application.ResourceNotifications.WaitForResourceAsync(name, KnownResourceStates.Finished).WaitAsync(Timeout);

    /// <summary>The console log of a resource, as the dashboard shows it.</summary>
    public async Task<string> LogAsync(string name)
    {
        Assert.True(Application.ResourceNotifications.TryGetCurrentState(name, out var current));
        var lines = new List<string>();
        await foreach (var batch in Application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(current.ResourceId))
            lines.AddRange(batch.Select(line => line.Content));
        return string.Join('\n', lines);
    }

    /// <summary>Executes a command of the dashboard.</summary>
    public Task<ExecuteCommandResult> ExecuteAsync(string resource, string command, params (string Name, string Value)[] arguments) =>
        Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(
            resource, command,
            new InteractionInputCollection(
            [
                .. arguments.Select(argument => new InteractionInput
                {
                    Name = argument.Name,
                    InputType = InputType.Text,
                    Value = argument.Value,
                }),
            ]),
            TestContext.Current.CancellationToken);

    /// <summary>The process of a resource; null if it has none.</summary>
    public Service? Service(string name) =>
        Resource(name).Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value is { } id
            ? Support.Service.Read(Convert.ToInt32(id, null))
            : null;

    /// <summary>Sends SIGKILL to the process of a resource, waits until another one has replaced it, and returns the killed one.</summary>
    public async Task<Service> CrashAsync(string name)
    {
        var killed = Service(name)!;
        killed.Kill();
        await Eventually.Async(() => Service(name), service => service is not null && service.Id != killed.Id, Timeout);
        return killed;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Service> Services() => [.. Projects.Select(project => Service(project.Name)).OfType<Service>()];

    public override async ValueTask DisposeAsync()
    {
        if (_application is not null) await _application.DisposeAsync();
        if (_builder is not null) await _builder.DisposeAsync();
    }
}
