namespace ChatServer.Metrics;

/// <summary>The requests to an Api or Admin. ASP.NET Core counts all others in <c>http.server.request.duration</c>.</summary>
public static class RequestMetrics
{
    public static readonly EventCounter Limited = ServerMeter.CounterBy(
        "limit", ["key", "address"], "chatserver.request.limited", "{request}",
        "Requests answered with 429, by `limit`: `key` (`KEY_REQUESTS_PER_SECOND`) or `address` (`REQUESTS_PER_SECOND`)");
}
