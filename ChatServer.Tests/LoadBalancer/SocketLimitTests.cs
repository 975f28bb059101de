using System.Net;
using ChatServer.Broadcast.Connections;
using ChatServer.LoadBalancer.Apis;
using ChatServer.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>A load balancer whose clients and destinations need more sockets than it may have.</summary>
public sealed class SocketLimitTests
{
    // The listener, and a connection of a client and one to the Api for each of three requests.
    private const int MaxSockets = 7;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_to_Apis_are_counted_and_a_request_beyond_the_limit_does_not_take_the_Api_out_of_rotation()
    {
        await using var api = await FakeApi.StartAsync();
        await using var balancer = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}", null, services =>
        {
            services.AddSingleton(new RoomPortsOptions { MaxSockets = MaxSockets });
            services.AddSingleton<VerifyApi>((_, _) => Task.FromResult(ApiVerification.Verified));
        });
        await balancer.RegisterAsync(api);
        await Eventually.Async(() => balancer.Http.GetAsync("/", Ct), answer => answer.StatusCode == HttpStatusCode.Accepted);
        List<Task<HttpResponseMessage>> held = [];
        while (held.Count < 2)
        {
            held.Add(balancer.Http.GetAsync("/?hold", Ct));
            await Eventually.Async(() => api.Requests.Count(request => request.Target == "GET /?hold"), count => count == held.Count);
        }
        using var client = await RawWebSocket.ConnectAsync(balancer.Http.BaseAddress!.Port); // one socket is left

        using (var beyond = await balancer.Http.GetAsync("/", Ct))
            await beyond.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "no-api");

        client.Dispose();
        using var answer = await Eventually.Async(
            () => balancer.Http.GetAsync("/", Ct), answer => answer.StatusCode == HttpStatusCode.Accepted, TimeSpan.FromSeconds(2));
        api.ReleaseHeld();
        foreach (var request in held)
            Assert.Equal(HttpStatusCode.Accepted, (await request).StatusCode);
    }
}
