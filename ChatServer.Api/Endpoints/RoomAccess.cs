using ChatServer.Contracts;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Who may read a room: callers with a key, and holders of a token for that room who are not banned.</summary>
internal sealed class RoomAccess(ApiKeys keys, TokenVerifier tokens, BanNotice bans)
{
    /// <summary>The refusal of a request that may not read <paramref name="room"/>; null if it may.</summary>
    public async ValueTask<ProblemHttpResult?> RefuseAsync(HttpContext context, string room)
    {
        if (context.HasApiKey(keys)) return null;
        if (context.Request.BearerToken() is not { } token)
        {
            return Problems.Of(
                StatusCodes.Status401Unauthorized,
                $"This call requires a key in the header {RequestHeaders.ApiKey}, or a token for the room in the header Authorization.");
        }
        var (valid, refusal) = await tokens.VerifyAsync(token, room, context.RequestAborted);
        if (refusal == TokenRefusal.Unavailable) context.Response.RetryAfter(TimeSpan.FromSeconds(1));
        return refusal switch
        {
            TokenRefusal.None => await bans.RefuseAsync(context, room, valid!.Uid),
            TokenRefusal.NoRead => Problems.Of(StatusCodes.Status403Forbidden, refusal.Describe()),
            TokenRefusal.Unavailable => Problems.Of(StatusCodes.Status503ServiceUnavailable, refusal.Describe()),
            _ => Problems.Of(StatusCodes.Status401Unauthorized, refusal.Describe()),
        };
    }
}
