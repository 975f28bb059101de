using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary>What can be wrong with a room, in one wording for every call.</summary>
internal static class RoomProblems
{
    public static ProblemHttpResult NotFound(string name) =>
        Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {name}.");

    /// <summary>The room's host did not answer: it just died and the room moves, or it waits for Redis.</summary>
    public static ProblemHttpResult Unavailable(string name, HttpResponse response)
    {
        response.RetryAfter(TimeSpan.FromSeconds(1));
        return Problems.Of(
            StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable, $"The host of {name} does not answer; it may be moving.");
    }

    /// <summary>The room's host answered that it will not.</summary>
    public static ProblemHttpResult Refused(string name, RefusedReply refusal, HttpResponse response) => refusal.Code switch
    {
        RoomErrorCodes.Unavailable => Unavailable(name, response),
        ErrorCodes.RoomNotFound => NotFound(name),
        RoomErrorCodes.RateLimited => Problems.Of(StatusCodes.Status429TooManyRequests, refusal.Code, refusal.Message),
        RoomErrorCodes.Muted or RoomErrorCodes.ReadOnly => Problems.Of(StatusCodes.Status403Forbidden, refusal.Code, refusal.Message),
        _ => Problems.Of(StatusCodes.Status400BadRequest, refusal.Code, refusal.Message),
    };
}
