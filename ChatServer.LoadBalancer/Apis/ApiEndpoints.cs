using ChatServer.LoadBalancer.Forwarding;
using Yarp.ReverseProxy.Health;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>Forwards the REST API, its documentation and the chat app to a healthy Api.</summary>
internal static class ApiEndpoints
{
    public static void AddApis(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiRegistry>();
        builder.Services.AddSingleton<ApiProxyConfig>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, ApiHealth>();
        builder.Services.AddReverseProxy()
            .LoadFromMemory([], [])
            .ConfigureHttpClient((_, handler) => Downstream.Configure(handler));
    }

    public static void MapApis(this WebApplication app)
    {
        // Its constructor subscribes to the registry.
        app.Services.GetRequiredService<ApiProxyConfig>();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<ApiRetry>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }
}
