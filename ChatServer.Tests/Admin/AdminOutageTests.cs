using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminOutageTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    /// <summary>Recovery time that the contract allows.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Calls_report_redis_unavailable_during_an_outage_and_work_after_it()
    {
        await cluster.Redis.KillAsync();
        var response = await cluster.Admin.SendAsync(HttpMethod.Post, "/api/v1/message", AdminCluster.Key, """{"text":"Anyone?"}""");
        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, ErrorCodes.RedisUnavailable);
        Assert.NotNull(response.Headers.RetryAfter);
        await (await cluster.Admin.SendAsync(HttpMethod.Get, "/health")).IsProblemAsync(
            HttpStatusCode.ServiceUnavailable, ErrorCodes.NotReady);

        // The entry that cannot be stored is in the log of the process.
        await Eventually.Async(() => cluster.Admin.Process.Output, output =>
            output.Contains("The audit trail could not be written", StringComparison.Ordinal)
            && output.Contains("announce", StringComparison.Ordinal));

        await cluster.Redis.StartAsync();
        await Eventually.Async(
            () => cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/load", AdminCluster.Key),
            answer => answer.IsSuccessStatusCode, Recovery);
        await Eventually.Async(() => cluster.Admin.SendAsync(HttpMethod.Get, "/health"), answer => answer.IsSuccessStatusCode, Recovery);
    }
}
