using ChatServer.Backplane;
using ChatServer.Backplane.Moderation;
using ChatServer.Contracts;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>
/// Tells a member that it is banned: browsers hide the refusal of a WebSocket from scripts. Only the holder of the session or the token can
/// ask. A ban of an address only is not reported.
/// </summary>
internal sealed class BanNotice(SanctionStore sanctions, IdentitySecret identities, TokenVerifier tokens)
{
    private const int MinSessionLength = 16, MaxSessionLength = 64; // characters, as in a handshake

    /// <summary>403 with the reason and the remaining time; null if the request names no banned member.</summary>
    public async ValueTask<ProblemHttpResult?> RefuseAsync(HttpContext context, string room) =>
        await FindUidAsync(context, room) is { } uid ? await RefuseAsync(context, room, uid) : null;

    /// <summary>403 with the reason and the remaining time; null if the user is not banned.</summary>
    public async ValueTask<ProblemHttpResult?> RefuseAsync(HttpContext context, string room, string uid)
    {
        if (await sanctions.FindBanAsync(room, uid, context.RequestAborted) is not var (ban, remaining)) return null;
        long? seconds = remaining is { } time ? (long)Math.Ceiling(time.TotalSeconds) : null;
        return Problems.Of(
            StatusCodes.Status403Forbidden, ErrorCodes.Banned, "The user is banned.", ("reason", ban.Reason), ("seconds", seconds));
    }

    private async ValueTask<string?> FindUidAsync(HttpContext context, string room)
    {
        if (context.Request.BearerToken() is { } token
            && (await tokens.VerifyAsync(token, room, context.RequestAborted)).Token is { } valid)
            return valid.Uid;
        return context.Request.Headers[RequestHeaders.Session] is [{ Length: >= MinSessionLength and <= MaxSessionLength } session]
            ? await identities.UidOfAsync(session)
            : null;
    }
}
