using ChatServer.Tests.LoadBalancer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>
/// A load balancer for one room, which is at the root of its port: tests of the room's own port run against it unchanged.
/// </summary>
internal sealed class RoomFront : IAsyncDisposable
{
    private readonly RunningLoadBalancer _loadBalancer;

    private RoomFront(RunningLoadBalancer loadBalancer) => _loadBalancer = loadBalancer;

    public int Port => _loadBalancer.Http.BaseAddress!.Port;

    public RunningLoadBalancer LoadBalancer => _loadBalancer;

    public static async Task<RoomFront> StartAsync(RoomRedis redis, string room, TimeProvider time) => new(
        await RunningLoadBalancer.StartAsync(
            redis.Server.ConnectionString, time, services => services.AddSingleton<IStartupFilter>(new RootIsRoom(room))));

    public ValueTask DisposeAsync() => _loadBalancer.DisposeAsync();

    private sealed class RootIsRoom(string room) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, run) =>
            {
                if (context.Request.Path == "/")
                    context.Request.Path = $"/rooms/{room}";
                await run(context);
            });
            next(app);
        };
    }
}
