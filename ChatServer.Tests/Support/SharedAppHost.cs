using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ChatServer.AppHost;
using ChatServer.AppHost.Restarts;
using Projects;

namespace ChatServer.Tests.Support;

/// <summary>
/// The AppHost of all tests that need a running deployment. It starts with the first test that uses it. A test may end any of its
/// processes, provided that the process runs again at the end of the test.
/// </summary>
public sealed class SharedAppHost : IAsyncDisposable
{
    /// <summary>A RoomHost with an invalid setting, beside those of the topology.</summary>
    public const string InvalidRoomHost = "roomhost-invalid";

    /// <summary>Number of rooms for which there are ports.</summary>
    public const int MaxRooms = 600;

    // The tests of a collection run one after another.
    private Task<TestingAppHost>? _started;

    /// <summary>Waits until all health checks succeed, because the previous test may have ended a process.</summary>
    public async Task<TestingAppHost> ReadyAsync()
    {
        var appHost = await (_started ??= StartAsync());
        await appHost.ReadyAsync();
        return appHost;
    }

    public async ValueTask DisposeAsync()
    {
        // A start that failed has disposed its AppHost.
        if (_started is { IsCompletedSuccessfully: true }) await (await _started).DisposeAsync();
    }

    private static Task<TestingAppHost> StartAsync()
    {
        var firstPort = FreePort.Next(MaxRooms);
        return TestingAppHost.StartAsync(
            [
                ("ROOM_PORTS", $"{firstPort}-{firstPort + MaxRooms - 1}"), ("MAX_ROOMS", $"{MaxRooms}"),
                ("MESSAGES_PER_SECOND", "0"), ("CONNECTIONS_PER_SECOND", "0"),
                ("DOTNET_ENVIRONMENT", "Production"), ("ASPNETCORE_ENVIRONMENT", "Development"),
            ],
            AddInvalidRoomHost);
    }

    private static void AddInvalidRoomHost(IDistributedApplicationBuilder builder)
    {
        var redis = builder.Resources.OfType<IResourceWithConnectionString>().Single(resource => resource.Name == "redis");
        builder.AddProject<ChatServer_RoomHost>(InvalidRoomHost)
            .WithReference(builder.CreateResourceBuilder(redis))
            .WithEnvironment("MAX_ROOMS", "none")
            // Every service of the topology has a health check. Without one, Aspire reports a process as healthy when it has started.
            .WithHttpEndpoint(env: "PORT", isProxied: false)
            .WithHttpHealthCheck("/health")
            .WithDirectLaunch()
            .WithRestartOnCrash();
    }
}

/// <summary>Tests on the <see cref="SharedAppHost"/>.</summary>
public abstract class SharedAppHostTests(SharedAppHost shared) : IAsyncLifetime
{
    /// <summary>The AppHost, with all services healthy at the start of the test.</summary>
    protected TestingAppHost AppHost { get; private set; } = null!;

    public async ValueTask InitializeAsync() => AppHost = await shared.ReadyAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}
