using ChatServer.Contracts;
using ChatServer.Web;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>Answers for rooms that cannot be reached.</summary>
internal static class RoomProblems
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>503: the room has no host, or its host does not answer.</summary>
    public static IResult Unavailable(HttpContext context, string room)
    {
        context.Response.RetryAfter(RetryAfter);
        return Problems.Of(
            StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable,
            $"The host of room {room} cannot be reached at the moment.");
    }
}
