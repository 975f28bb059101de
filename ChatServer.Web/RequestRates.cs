using System.Threading.RateLimiting;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>Limits the requests of an API key, and those of an address that have no valid key.</summary>
public static class RequestRates
{
    // A page loads about 40 files at once, and a script may create its rooms in one loop.
    private const int BurstSeconds = 5;

    /// <summary>
    /// Reads <c>REQUESTS_PER_SECOND</c> and <c>KEY_REQUESTS_PER_SECOND</c>. <see cref="UseRequestRates"/> adds the middleware.
    /// </summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static void AddRequestRates(this WebApplicationBuilder builder)
    {
        var perAddress = builder.Configuration.Read(ServerSettings.RequestsPerSecond);
        var perKey = builder.Configuration.Read(ServerSettings.KeyRequestsPerSecond);
        builder.Services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => PartitionOf(context, perAddress, perKey));
            options.OnRejected = (rejected, _) => new ValueTask(RefuseAsync(rejected));
        });
    }

    /// <summary>
    /// Answers <c>429</c>, code <c>rate-limited</c>, with <c>Retry-After</c>, to requests above a rate. Probes are not counted.
    /// </summary>
    /// <remarks>After the trusted proxies: the address is that of the client.</remarks>
    public static void UseRequestRates(this WebApplication app)
    {
        ServerMeter.Publish(typeof(RequestMetrics));
        app.UseRateLimiter();
    }

    private static RateLimitPartition<string> PartitionOf(HttpContext context, int perAddress, int perKey)
    {
        if (context.Request.Path.Value is "/health" or "/alive")
            return RateLimitPartition.GetNoLimiter("");
        return context.HasApiKey(context.RequestServices.GetRequiredService<ApiKeys>())
            ? Limit(ApiKeys.Fingerprint(context.ApiKey()!), perKey)
            : Limit(ClientNetwork.Of(context.Connection.RemoteIpAddress), perAddress);
    }

    private static RateLimitPartition<string> Limit(string partition, int perSecond) => perSecond == 0
        ? RateLimitPartition.GetNoLimiter(partition)
        : RateLimitPartition.GetTokenBucketLimiter(partition, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond * BurstSeconds,
            TokensPerPeriod = Math.Max(1, perSecond / 10),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, perSecond / 10) / (double)perSecond),
            QueueLimit = 0,
        });

    private static Task RefuseAsync(OnRejectedContext rejected)
    {
        var context = rejected.HttpContext;
        RequestMetrics.Limited.Add(context.HasApiKey(context.RequestServices.GetRequiredService<ApiKeys>()) ? "key" : "address");
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var stated) ? stated : TimeSpan.FromSeconds(1);
        context.Response.RetryAfter(wait);
        return Problems.Of(StatusCodes.Status429TooManyRequests, "Too many requests from this address or with this key.")
            .ExecuteAsync(context);
    }
}
