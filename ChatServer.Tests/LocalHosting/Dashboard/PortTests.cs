using System.Net;
using System.Net.Sockets;
using ChatServer.LocalHosting.Dashboard;
using ChatServer.LocalHosting.Resources;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class PortTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_where_it_was_told_to_be()
    {
        var port = FreePort.Next();
        await using var server = await StartAsync($"{port}");
        Assert.Equal($"http://localhost:{port}", server.Url);
    }

    [Fact]
    public async Task Two_topologies_on_one_machine_have_a_dashboard_each_without_a_setting()
    {
        await using var first = await StartAsync(null);
        await using var second = await StartAsync("");
        Assert.NotEqual(first.Url, second.Url);
        using var http = new HttpClient();
        foreach (var url in new[] { first.Url, second.Url })
            Assert.Contains("<title>ChatServer</title>", await http.GetStringAsync(url, Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_stops_the_start()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await Assert.ThrowsAnyAsync<IOException>(() => StartAsync($"{((IPEndPoint)other.LocalEndpoint).Port}"));
    }

    [Theory]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("http")]
    public async Task What_is_no_port_is_refused_by_the_name_of_its_variable(string port)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(port));
        Assert.Contains("DASHBOARD_PORT", error.Message, StringComparison.Ordinal);
    }

    private static Task<DashboardServer> StartAsync(string? port) =>
        DashboardServer.StartAsync(new ResourceBoard(TimeProvider.System), port, NullLoggerFactory.Instance, Ct);
}
