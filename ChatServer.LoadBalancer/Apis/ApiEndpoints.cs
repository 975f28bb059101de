using Yarp.ReverseProxy.Health;

namespace ChatServer.LoadBalancer;

/// <summary>Everything that is not ours (the REST API, its documentation, the chat app) goes to a healthy Api.</summary>
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
        // From now on it follows the registry.
        app.Services.GetRequiredService<ApiProxyConfig>();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<ApiRetry>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }
}
