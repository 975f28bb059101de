using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Projects;

namespace ChatServer.Tests.Support;

/// <summary>The AppHost in the test process, through Aspire.Hosting.Testing: without a dashboard, and with its application model at hand.</summary>
public sealed class TestingAppHost : RunningAppHost
{
    private IDistributedApplicationTestingBuilder _builder = null!;

    // As ServerProcess does for other processes: a start costs a third less CPU time. The services inherit it from the test process.
    static TestingAppHost() => Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");

    private TestingAppHost(IEnumerable<(string Name, string? Value)> settings) : base(settings)
    {
    }

    public DistributedApplication Application { get; private set; } = null!;

    private IEnumerable<ProjectResource> Projects => Application.Services.GetRequiredService<DistributedApplicationModel>().GetProjectResources();

    /// <summary>Starts it and waits until all services are healthy.</summary>
    public static async Task<TestingAppHost> StartAsync(params (string Name, string? Value)[] settings)
    {
        var appHost = await LaunchAsync(settings);
        try
        {
            foreach (var project in appHost.Projects) await appHost.Application.ResourceNotifications.WaitForResourceHealthyAsync(project.Name).WaitAsync(Patience);
            return appHost;
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it without waiting for the services.</summary>
    public static async Task<TestingAppHost> LaunchAsync(params (string Name, string? Value)[] settings)
    {
        var appHost = new TestingAppHost(settings);
        appHost._builder = await DistributedApplicationTestingBuilder.CreateAsync<ChatServer_AppHost>(
            [.. appHost.Settings.Where(setting => setting.Value is not null).Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}")]);
        appHost.Application = await appHost._builder.BuildAsync();
        await appHost.Application.StartAsync();
        return appHost;
    }

    /// <summary>The state of a resource as the dashboard would show it.</summary>
    public CustomResourceSnapshot Resource(string name) =>
        Application.ResourceNotifications.TryGetCurrentState(name, out var current) ? current.Snapshot : throw new InvalidOperationException($"No state of {name}.");

    /// <summary>Executes a command of the dashboard.</summary>
    public Task<ExecuteCommandResult> ExecuteAsync(string resource, string command, params (string Name, string Value)[] arguments) =>
        Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(
            resource, command,
            new InteractionInputCollection([.. arguments.Select(argument => new InteractionInput { Name = argument.Name, InputType = InputType.Text, Value = argument.Value })]),
            TestContext.Current.CancellationToken);

    /// <summary>The process of a resource; null while it has none.</summary>
    public Service? Service(string name) =>
        Resource(name).Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value is { } id ? Support.Service.Read(Convert.ToInt32(id, null)) : null;

    /// <inheritdoc/>
    public override IReadOnlyList<Service> Services() => [.. Projects.Select(project => Service(project.Name)).OfType<Service>()];

    public override async ValueTask DisposeAsync()
    {
        await Application.DisposeAsync();
        await _builder.DisposeAsync();
    }
}
