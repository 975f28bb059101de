using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting.Runner;

namespace Aspire.Hosting;

/// <summary>A topology that can be run.</summary>
public sealed class DistributedApplication
{
    private readonly LocalOrchestrator _orchestrator;

    internal DistributedApplication(LocalOrchestrator orchestrator)
    {
        _orchestrator = orchestrator;
        ResourceNotifications = new ResourceNotificationService(orchestrator.Board);
    }

    /// <summary>Tells how resources fare.</summary>
    public ResourceNotificationService ResourceNotifications { get; }

    /// <summary>Begins a topology.</summary>
    /// <param name="args">The command line: settings, such as <c>--MAX_ROOMS 100</c>, over those of the environment.</param>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    /// <summary>Starts everything; returns when Ctrl+C, SIGTERM or <paramref name="cancellationToken"/> has stopped it all.</summary>
    public Task RunAsync(CancellationToken cancellationToken = default) => _orchestrator.RunAsync(cancellationToken);
}
