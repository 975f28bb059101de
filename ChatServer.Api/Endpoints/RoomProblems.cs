using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Problems of calls that a room's host carries out.</summary>
internal static class RoomProblems
{
    /// <summary>The room's host did not answer: the room is moving to another host, or the host waits for Redis.</summary>
    public static ProblemHttpResult Unavailable(string name, HttpResponse response)
    {
        response.RetryAfter(TimeSpan.FromSeconds(1));
        return Problems.Of(
            StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable,
            $"The host of {name} did not answer; the room may be moving.");
    }

    /// <summary>The room's host refused the command.</summary>
    public static ProblemHttpResult Refused(string name, RefusedReply refusal, HttpResponse response) => refusal.Code switch
    {
        RoomErrorCodes.Unavailable => Unavailable(name, response),
        ErrorCodes.RoomNotFound => Problems.RoomNotFound(name),
        RoomErrorCodes.NoSuchMessage => Problems.Of(StatusCodes.Status404NotFound, refusal.Code, refusal.Message),
        RoomErrorCodes.RateLimited => Problems.Of(StatusCodes.Status429TooManyRequests, refusal.Code, refusal.Message),
        RoomErrorCodes.Muted or RoomErrorCodes.ReadOnly => Problems.Of(StatusCodes.Status403Forbidden, refusal.Code, refusal.Message),
        _ => Problems.Of(StatusCodes.Status400BadRequest, refusal.Code, refusal.Message),
    };
}
