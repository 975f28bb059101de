namespace ChatServer.Admin;

/// <summary>Introduction of the page <c>/docs</c>.</summary>
internal static class AdminDescription
{
    public const string Text = """
        Operates rooms and their hosts. Every call requires `ADMIN_KEY` in the header `X-API-Key`.

        Every success is `{"data": …}`. Every error is `application/problem+json` with a `code` to switch on, such as
        `unauthorized`, `room-not-found` or `redis-unavailable`. An order is written to Redis before the response is sent: a host
        that is disconnected carries it out when it is connected again.
        """;
}
