using ChatServer.LoadBalancer;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tests.LoadBalancer;

public sealed class LoadBalancerStartTests
{
    [Theory]
    [InlineData("LOADBALANCER_KEY")]
    [InlineData("ConnectionStrings__redis")]
    public async Task A_missing_setting_ends_the_process_with_one_line_that_names_it(string missing)
    {
        var settings = new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["LOADBALANCER_KEY"] = "k",
            ["ConnectionStrings__redis"] = "127.0.0.1:1",
            [missing] = null,
        };
        await using var process = ServerProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "ChatServer.LoadBalancer.dll")], settings);

        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"{missing} is not set", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_public_address_is_named()
    {
        await using var process = ServiceProcess.Launch(
            "ChatServer.LoadBalancer", ("LOADBALANCER_KEY", "k"), ("ConnectionStrings__redis", "127.0.0.1:1"), ("PUBLIC_URL", "chat.example"));
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("PUBLIC_URL must be a URL", Assert.Single(process.Output.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production", "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Critical)]
    [InlineData("Production", "ChatServer.LoadBalancer.RoomForwarder", LogLevel.Critical)]
    [InlineData("Development", "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Warning)]
    public async Task Disconnects_of_members_are_logged_in_development_and_not_in_production(
        string environment, string category, LogLevel lowestLevel)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["LOADBALANCER_KEY"] = "k",
            ["ConnectionStrings:redis"] = "127.0.0.1:1",
        });
        await using var app = LoadBalancerApp.Build(builder);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        Assert.True(logger.IsEnabled(lowestLevel));
        Assert.False(logger.IsEnabled(lowestLevel - 1));
    }
}
