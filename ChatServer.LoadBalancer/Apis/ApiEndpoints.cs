using ChatServer.Backplane.Messages;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>Forwards the REST API, its documentation and the chat app to a healthy Api.</summary>
internal static class ApiEndpoints
{
    public static void AddApis(this WebApplicationBuilder builder)
    {
        var networks = new ApiNetworks(builder.Configuration.Read(ServerSettings.ApiNetworks));
        builder.Services.AddSingleton(networks);
        builder.Services.AddSingleton<ApiVerifier>();
        builder.Services.TryAddSingleton<VerifyApi>(s => s.GetRequiredService<ApiVerifier>().VerifyAsync);
        builder.Services.AddSingleton<ApiRegistry>();
        builder.Services.AddHealthChecks().AddCheck<ApiRegistry>("apis");
        builder.Services.AddSingleton<ApiProxyConfig>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, ApiHealth>();
        builder.Services.AddReverseProxy().LoadFromMemory([], []);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ApiHttpClients>();
    }

    public static void MapApis(this WebApplication app)
    {
        // Its constructor subscribes to the registry.
        app.Services.GetRequiredService<ApiProxyConfig>();
        var starts = app.Services.GetRequiredService<LoadBalancerStarts>();
        app.Lifetime.ApplicationStarted.Register(() => _ = AnnounceAsync(starts, app.Lifetime.ApplicationStopping));
        app.MapReverseProxy(proxy =>
        {
            proxy.Use((context, next) =>
            {
                // An Api has no WebSockets. YARP would forward any request that asks for one as a GET.
                context.Features.Set<IHttpUpgradeFeature>(null);
                return next(context);
            });
            proxy.UseMiddleware<ApiRetry>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }

    private static async Task AnnounceAsync(LoadBalancerStarts starts, CancellationToken stopping)
    {
        try
        {
            await starts.AnnounceAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // It stops before Redis is available.
        }
    }
}
