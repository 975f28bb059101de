using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;

namespace ChatServer.ServiceDefaults;

/// <summary>Defaults for clients of <c>IHttpClientFactory</c>.</summary>
public static class HttpClients
{
    /// <summary>
    /// Service discovery (<c>http://loadbalancer-1</c> is resolved from <c>services:loadbalancer-1:http:0</c>), timeouts, retries and a
    /// circuit breaker. YARP has clients of its own and is not affected.
    /// </summary>
    public static TBuilder AddHttpClientDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            // The template repeats every method. A POST whose response was lost may have been carried out.
            http.AddStandardResilienceHandler(resilience => resilience.Retry.DisableForUnsafeHttpMethods());
            http.AddServiceDiscovery();
        });
        return builder;
    }
}
