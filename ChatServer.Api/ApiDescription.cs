namespace ChatServer.Api;

/// <summary>Prose for the page <c>/docs</c>.</summary>
internal static class ApiDescription
{
    public const string Text = """
        Creates chat rooms and tells where they are. A room is a WebSocket address of its own; everything else about it is here.

        Every success is `{"data": …}`. Every error is `application/problem+json` with a `code` to switch on, such as
        `unauthorized`, `invalid-room-name`, `room-not-found`, `no-capacity` or `redis-unavailable`. A `503` says in
        `Retry-After` when to come back; every call is safe to repeat then.
        """;
}
