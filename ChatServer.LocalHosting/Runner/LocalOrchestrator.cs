using System.Reflection;
using System.Runtime.InteropServices;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting.Dashboard;
using ChatServer.LocalHosting.Logs;
using ChatServer.LocalHosting.Resources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Resource = ChatServer.LocalHosting.Resources.Resource;

namespace ChatServer.LocalHosting.Runner;

/// <summary>
/// Runs a topology on this machine: starts what it consists of in the order of its dependencies, until somebody wants it to end, and
/// stops it in the opposite order.
/// </summary>
internal sealed class LocalOrchestrator
{
    private readonly IReadOnlyList<IResource> _topology;
    private readonly ConfigurationManager _configuration;
    private readonly TimeProvider _time;
    private readonly ConsoleLog _console;
    private readonly List<ProcessRunner> _runners = [];

    public LocalOrchestrator(IReadOnlyList<IResource> topology, ConfigurationManager configuration, TimeProvider time)
    {
        (_topology, _configuration, _time) = (topology, configuration, time);
        _console = ConsoleLog.OfThisProcess(topology.OfType<ProjectResource>().Max(project => (int?)project.Name.Length) ?? 0);
        Board = new ResourceBoard(time);
        foreach (var resource in topology) Board.Add(resource.Name, KindOf(resource));
    }

    public ResourceBoard Board { get; }

    /// <summary>Returns when everything has been stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Stop(signal, stop));

        Prepare();
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
            // What it says of a start that failed is an exception as well, and told below.
            .SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None));
        if (await StartDashboardAsync(loggers, stop.Token).ConfigureAwait(false) is not { } started) return;
        await using (started.ConfigureAwait(false))
        {
            Console.WriteLine($"{WhatRuns()} Dashboard: {started.Url}");
            var following = Task.WhenAll(_topology.OfType<ConnectionStringResource>().Select(resource => FollowAsync(resource, stop.Token)));
            foreach (var runner in _runners) await runner.CarryOutAsync(ResourceCommand.Start, CancellationToken.None).ConfigureAwait(false);
            await UntilAsync(stop.Token).ConfigureAwait(false);
            await following.ConfigureAwait(false);
            await StopAllAsync().ConfigureAwait(false);
        }
        foreach (var runner in _runners) runner.Dispose();
    }

    /// <summary>Null: it cannot be where it was wanted, and somebody has been told.</summary>
    private async Task<DashboardServer?> StartDashboardAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            var dashboard = await DashboardServer.StartAsync(Board, _configuration[DashboardServer.PortVariable], loggers, cancellationToken)
                .ConfigureAwait(false);
            // Where Aspire looks for its dashboard's address, and so the AppHost for ours.
            _configuration["ASPNETCORE_URLS"] = dashboard.Url;
            return dashboard;
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            var message = error is IOException ? $"{error.Message.TrimEnd('.')}. {DashboardServer.PortVariable} sets the port." : error.Message;
            await Console.Error.WriteLineAsync(message).ConfigureAwait(false);
            Environment.ExitCode = 1;
            return null;
        }
    }

    private void Prepare()
    {
        var projects = _topology.OfType<ProjectResource>().ToList();
        FreePorts.Choose(projects.SelectMany(project => project.Endpoints));
        var environment = new ProcessEnvironment(projects);
        foreach (var project in projects)
        {
            var shown = Find(project);
            var runner = new ProcessRunner(
                shown, environment.LaunchOf(project), HealthOf(project), [.. project.WaitsFor.Select(Find)], Board, _console, _time);
            shown.Commands = runner.CarryOutAsync;
            shown.Change(status => status with
            {
                Endpoints = [.. project.Endpoints.Select(endpoint => new ResourceEndpoint(endpoint.Name, endpoint.Url))],
                Environment = ProcessEnvironment.Declared(project),
            });
            _runners.Add(runner);
        }
        foreach (var parameter in _topology.OfType<ParameterResource>())
        {
            var value = (ILocalValue)parameter;
            Find(parameter).Change(status => status with
            {
                State = ResourceState.Running,
                Environment = [new ResourceVariable("value", value.Value, value.IsSecret)],
            });
        }
    }

    /// <summary>A connection string is there when what it leads to is.</summary>
    private async Task FollowAsync(ConnectionStringResource resource, CancellationToken stopping)
    {
        var shown = Find(resource);
        var servers = resource.WaitsFor.Select(Find).ToList();
        var value = (ILocalValue)resource;
        try
        {
            while (true)
            {
                var seen = Board.Changes.Value;
                var isThere = servers.All(server => server.Status.State == ResourceState.Running);
                shown.Change(status => status with
                {
                    State = isThere ? ResourceState.Running : ResourceState.Waiting,
                    Environment = status.Environment is [] ? [new ResourceVariable("value", value.Value, value.IsSecret)] : status.Environment,
                });
                await Board.Changes.WaitAsync(seen, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Each one when those that wait for it have ended: so a room's members are told while there is a Redis to tell it to.</summary>
    private async Task StopAllAsync()
    {
        var stopping = new Dictionary<Resource, Task>();
        await Task.WhenAll(_runners.Select(StopAfterDependentsAsync)).ConfigureAwait(false);

        Task StopAfterDependentsAsync(ProcessRunner runner)
        {
            if (!stopping.TryGetValue(runner.Resource, out var task))
                stopping[runner.Resource] = task = StopAsync(runner);
            return task;
        }

        async Task StopAsync(ProcessRunner runner)
        {
            var dependents = _runners.Where(other => Needs(other.WaitsFor, runner.Resource));
            await Task.WhenAll(dependents.Select(StopAfterDependentsAsync)).ConfigureAwait(false);
            await runner.StopForGoodAsync().ConfigureAwait(false);
        }
    }

    // Also by way of a connection string.
    private bool Needs(IEnumerable<Resource> waitsFor, Resource needed) => waitsFor.Any(resource => resource == needed
        || _topology.OfType<ConnectionStringResource>().Any(c => c.Name == resource.Name && c.WaitsFor.Any(server => server.Name == needed.Name)));

    /// <summary>The first time in order; whoever asks twice has no patience.</summary>
    private void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        if (!stop.IsCancellationRequested)
        {
            stop.Cancel();
            return;
        }
        foreach (var runner in _runners) runner.Kill();
    }

    private Resource Find(IResource resource) => Board.Find(resource.Name)!;

    private static Uri? HealthOf(ProjectResource project) =>
        project.Health is { } health ? new Uri(health.Endpoint.Endpoint.Url + health.Path)
        : project.Endpoints is [var endpoint, ..] ? new Uri(endpoint.Url)
        : null;

    private static ResourceKind KindOf(IResource resource) => resource switch
    {
        ProjectResource => ResourceKind.Project,
        ConnectionStringResource => ResourceKind.ConnectionString,
        _ => ResourceKind.Parameter,
    };

    // `dotnet run` shows nothing of what the build decided, so it is told here.
    private static string WhatRuns()
    {
        var decided = Assembly.GetEntryAssembly()!.GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(data => data.Key, data => data.Value);
        return decided.GetValueOrDefault("Orchestrator") == "Local"
            ? "ChatServer.LocalHosting runs the topology, as it was built with -p:Orchestrator=Local."
            : $"ChatServer.LocalHosting runs the topology: the NuGet feed has no Aspire {decided.GetValueOrDefault("AspireVersion")}.";
    }

    private static Task UntilAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return cancelled.Task;
    }
}
