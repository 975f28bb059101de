using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary>Rooms that clients create without a key, if <c>OPEN_ROOMS</c> allows it.</summary>
internal sealed class OpenRooms(bool areAllowed, ApiKeys keys, OpenRoomQuota quota, RoomDirectory rooms)
{
    private static readonly RoomOptions Defaults = new();

    /// <summary>Whether a creation may have no key.</summary>
    public bool AreAllowed => areAllowed;

    /// <summary>
    /// The refusal of a creation; null if the caller may create the room. A caller without a key may choose the title only, and gets 429
    /// after <see cref="OpenRoomQuota.MaxRooms"/> rooms in an hour. A room that exists is not counted.
    /// </summary>
    public async Task<ProblemHttpResult?> RefuseAsync(HttpContext context, string name, RoomOptions options)
    {
        if (context.HasApiKey(keys))
            return null;
        if (context.Request.Headers.ContainsKey(RequestHeaders.ApiKey))
            return Unauthorized("The key is wrong.");
        if (options with { Title = null } != Defaults)
            return Unauthorized("Options other than the title require a key.");
        if (await rooms.FindVisibleAsync(name, context.RequestAborted) is { } existing)
            return existing.Options.Private ? Unauthorized($"{name} is private.") : null;
        if (await quota.TakeAsync(ClientNetwork.Of(context.Connection.RemoteIpAddress), context.RequestAborted) is not { } wait)
            return null;
        context.Response.RetryAfter(wait);
        return Problems.Of(
            StatusCodes.Status429TooManyRequests, $"An address may create {OpenRoomQuota.MaxRooms} rooms in an hour without a key.");
    }

    private static ProblemHttpResult Unauthorized(string detail) => Problems.Of(StatusCodes.Status401Unauthorized, detail);
}
