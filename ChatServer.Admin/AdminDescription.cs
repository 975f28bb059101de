namespace ChatServer.Admin;

/// <summary>Prose for the page <c>/docs</c>.</summary>
internal static class AdminDescription
{
    public const string Text = """
        Operates the rooms and their hosts. Every call takes `ADMIN_KEY` in the header `X-API-Key`.

        Every success is `{"data": …}`. Every error is `application/problem+json` with a `code` to switch on, such as
        `unauthorized`, `room-not-found` or `redis-unavailable`. What is ordered here is written to Redis before the answer:
        a host that is cut off at that moment carries it out when it is back.
        """;
}
