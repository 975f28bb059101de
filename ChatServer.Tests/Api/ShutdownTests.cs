using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class ShutdownTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Server_shutdown_refuses_creations_and_exits_with_0()
    {
        await cluster.Backplane.Shutdown.OrderAsync();

        var refused = await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/late", ApiCluster.Key);
        await refused.IsProblemAsync(HttpStatusCode.ServiceUnavailable, ErrorCodes.ShuttingDown);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("late"));

        await cluster.Api.Process.WaitForExitAsync();
        Assert.Equal(0, cluster.Api.Process.ExitCode);
        Assert.Equal("", cluster.Api.Log);

        // The last shutdown does not apply to the next start.
        var next = await cluster.StartApiAsync();
        Assert.Equal(HttpStatusCode.OK, (await next.SendAsync(HttpMethod.Post, "/api/v1/room/late", ApiCluster.Key)).StatusCode);
    }

    [Fact]
    public async Task Process_exits_with_0_on_SIGTERM()
    {
        var api = await cluster.StartApiAsync();
        await api.Process.StopAsync();
        Assert.Equal(0, api.Process.ExitCode);
    }
}
