namespace ChatServer.Api;

/// <summary>Introduction of the page <c>/docs</c>.</summary>
internal static class ApiDescription
{
    public const string Text = """
        Creates and describes chat rooms, reads their histories and posts messages. Members join a room at its WebSocket address.

        Every success is `{"data": …}`. Every error is `application/problem+json` with a `code` to switch on, such as
        `unauthorized`, `invalid-room-name`, `room-not-found`, `no-capacity` or `redis-unavailable`. A `503` contains
        `Retry-After`; every call can then be repeated safely.
        """;
}
