using System.Text;
using ChatServer.Tests.LoadBalancer;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Web;

/// <summary>Connections without a request.</summary>
public sealed class KeepAliveTests
{
    private const string Request = "GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n";

    [Theory]
    [InlineData("")]
    [InlineData(Request)]
    public async Task Idle_connection_to_a_service_is_closed_after_KEEP_ALIVE_SECONDS(string first)
    {
        await using var service = new DefaultService { Settings = [("KEEP_ALIVE_SECONDS", "1")] };
        await service.InitializeAsync();
        await IsClosedAsync(service.Http.BaseAddress!.Port, first);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Request)]
    public async Task Idle_connection_to_a_load_balancer_is_closed_after_KEEP_ALIVE_SECONDS(string first)
    {
        await using var balancer = await RunningLoadBalancer.StartAsync("127.0.0.1:1", null, ("KEEP_ALIVE_SECONDS", "1"));
        await IsClosedAsync(balancer.Http.BaseAddress!.Port, first);
    }

    private static async Task IsClosedAsync(int port, string first)
    {
        using var client = await RawWebSocket.ConnectAsync(port);
        await client.SendBytesAsync(Encoding.ASCII.GetBytes(first));
        if (first.Length > 0)
            Assert.StartsWith("HTTP/1.1 200 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        while (!await client.IsClosedAsync()) // a byte of the body
        {
        }
    }
}
