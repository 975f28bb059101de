using System.Net;
using System.Net.Sockets;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Services whose clients open more connections than the service has file descriptors.</summary>
public sealed class FileDescriptorTests
{
    private const int Descriptors = 800, Connections = 860;

    [Theory]
    [InlineData("ChatServer.Api", "PORT", "/api/v1/room/none", HttpStatusCode.NotFound)]
    [InlineData("ChatServer.Admin", "ADMIN_PORT", "/api/v1/room/none", HttpStatusCode.NotFound)]
    [InlineData("ChatServer.LoadBalancer", "PORT", "/rooms/none", HttpStatusCode.NotFound)]
    public async Task Service_answers_as_soon_as_its_descriptors_are_released(
        string project, string portVariable, string path, HttpStatusCode expected)
    {
        await using var redis = RedisServer.Preferred();
        await redis.StartAsync();
        await using var service = await ServiceProcess.StartAsync(
            Descriptors, project, portVariable,
            ("KEY", "key"), ("ADMIN_KEY", "key"), ("LOADBALANCER_KEY", "key"), ("ConnectionStrings__redis", redis.ConnectionString),
            ("TRUSTED_PROXIES", "127.0.0.1"));
        var port = service.Http.BaseAddress!.Port;
        service.Http.DefaultRequestHeaders.ConnectionClose = true;
        List<RawWebSocket?> clients = [];
        try
        {
            for (var i = 0; i < Connections; i++)
                clients.Add(await ConnectAsync(port));
            Assert.True(clients[^1] is not { } last || await last.IsClosedAsync());
            Assert.False(service.Process.HasExited, service.Process.Output);
        }
        finally
        {
            foreach (var client in clients)
                client?.Dispose();
        }

        using var answer = await Eventually.Async(
            () => service.SendAsync(HttpMethod.Get, path, "key"), answer => true, TimeSpan.FromSeconds(2));

        Assert.Equal(expected, answer.StatusCode);
    }

    // Null if the service closed the connection at once.
    private static async Task<RawWebSocket?> ConnectAsync(int port)
    {
        try
        {
            return await RawWebSocket.ConnectAsync(port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }
}
