using System.Net;
using System.Net.Sockets;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

[Collection(AppHostCollection.Name)]
public sealed class StartTests
{
    [Theory]
    [InlineData("PORT")]
    [InlineData("ADMIN_PORT")]
    [InlineData("LOADBALANCER_PORTS")]
    public async Task A_port_in_use_ends_the_start_with_one_line_that_names_it(string variable)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Launch((variable, $"{port}"));

        var line = await RefusedAsync(appHost);
        Assert.Contains($"{port}", line, StringComparison.Ordinal);
        Assert.Contains($"{variable} sets the port", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PORT", "many")]
    [InlineData("ADMIN_PORT", "0")]
    [InlineData("LOADBALANCER_PORTS", "2000;2001")]
    [InlineData("BIND", "nowhere")]
    [InlineData("MAX_ROOMS", "many")]
    public async Task An_invalid_setting_of_the_AppHost_or_of_a_service_ends_the_start_with_one_line_that_names_it(
        string variable, string value)
    {
        await using var appHost = AppHostProcess.Launch((variable, value));
        var line = await RefusedAsync(appHost);
        Assert.StartsWith($"{variable} must be ", line, StringComparison.Ordinal);
        Assert.EndsWith($", not '{value}'.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_two_settings_ends_the_start_with_one_line_that_names_both()
    {
        var port = FreePort.Next();
        await using var appHost = AppHostProcess.Launch(("PORT", $"{port}"), ("LOADBALANCER_PORTS", $"{FreePort.Next()},{port}"));
        Assert.Equal($"LOADBALANCER_PORTS and PORT are the same port, {port}.", await RefusedAsync(appHost));
    }

    [Fact]
    public async Task A_dashboard_port_in_use_ends_the_start_with_one_line_that_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Launch(("ASPNETCORE_URLS", $"http://localhost:{port}"));

        Assert.StartsWith($"Cannot listen on port {port}: ", await RefusedAsync(appHost), StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(AppHostProcess appHost)
    {
        await appHost.Process.WaitForExitAsync(RunningAppHost.Timeout);
        Assert.Equal(1, appHost.Process.ExitCode);
        return Assert.Single(appHost.Process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
