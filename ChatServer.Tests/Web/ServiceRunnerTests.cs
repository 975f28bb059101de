using System.Net;
using System.Net.Sockets;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Tests.Web;

public sealed class ServiceRunnerTests
{
    [Fact]
    public async Task Service_that_ends_normally_exits_with_0() =>
        Assert.Equal(0, await ServiceRunner.RunAsync([], ServerSettings.ApiPort, () => Task.CompletedTask));

    [Fact]
    public async Task Service_that_is_stopped_during_its_start_exits_with_0()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        var isCancelled = false;
        var exitCode = await ServiceRunner.RunAsync([], ServerSettings.ApiPort, async () =>
        {
            try
            {
                app.Lifetime.StopApplication();
                await app.RunAsync();
            }
            catch (OperationCanceledException)
            {
                isCancelled = true;
                throw;
            }
        });
        Assert.Equal((true, 0), (isCancelled, exitCode));
    }

    [Fact]
    public async Task Unexpected_exception_is_not_reported_as_a_bad_setting() =>
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServiceRunner.RunAsync([], ServerSettings.ApiPort, () => throw new InvalidOperationException()));

    [Theory]
    [InlineData("PORT", "eighty")]
    [InlineData("PORT", "65536")]
    [InlineData("PORT", "-1")]
    [InlineData("BIND", "everywhere")]
    public void Malformed_listen_setting_is_named(string variable, string value) =>
        Assert.Contains(
            $"{variable} must be", Assert.Throws<StartupException>(() => Listen((variable, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_port_that_is_taken_is_named_with_its_variable()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = Assert.Throws<StartupException>(() => Listen(("PORT", $"{port}"), ("BIND", "127.0.0.1")));

        Assert.Equal($"Cannot listen on 127.0.0.1:{port}: address already in use. PORT sets the port, BIND the address.", error.Message);
    }

    private static void Listen(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.ListenOn(ServerSettings.ApiPort);
    }
}
