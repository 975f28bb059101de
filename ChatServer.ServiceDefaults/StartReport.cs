using ChatServer.Contracts;
using ChatServer.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.ServiceDefaults;

/// <summary>Logs one line when the service accepts connections, in every environment: what runs here, where, and with which Redis.</summary>
internal sealed partial class StartReport(
    IConfiguration configuration, IHostEnvironment environment, IServiceProvider services, ILoggerFactory loggers) : IHostedLifecycleService
{
    private const string None = "none";

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var instance = services.GetService<ServiceInstance>()?.Id ?? Environment.MachineName;
        // An address with port 0 stands for the listener of all room ports.
        var addresses = string.Join(", ", (services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            .Where(address => !address.EndsWith(":0", StringComparison.Ordinal)));
        var redis = EndpointsOf(configuration.GetConnectionString("redis"));
        var publicUrl = ServerSettings.PublicUrl.Read(key => configuration[key])?.OriginalString ?? None;
        var logger = loggers.CreateLogger(OperatorLog.Category);
        Log.Started(
            logger, environment.ApplicationName, AppInfo.CurrentVersion, instance, addresses, redis, publicUrl);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The parts of a connection string that are no option: the password is one.
    private static string EndpointsOf(string? redis)
    {
        var endpoints = string.Join(",", (redis ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !part.Contains('=', StringComparison.Ordinal)));
        return endpoints.Length > 0 ? endpoints : None;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message =
            "{Service} {Version} started as {Instance} at {Addresses}; Redis: {Redis}; public URL: {PublicUrl}.")]
        public static partial void Started(
            ILogger logger, string service, string version, string instance, string addresses, string redis, string publicUrl);
    }
}
