using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary>Rooms that a backend creates with its key, up to <c>ROOMS_PER_KEY</c>.</summary>
internal sealed class KeyRooms(int max, KeyRoomQuota quota, RoomPlacement placement, RoomDirectory rooms)
{
    /// <summary>
    /// Creates a room, or finds the existing one, which is not counted. Without a key, <see cref="OpenRooms"/> limits the creation.
    /// </summary>
    /// <returns>
    /// The room and whether it was created, or a refusal: 429 if the key has too many rooms. Neither if there is no capacity.
    /// </returns>
    public async Task<((RoomRecord Room, bool Created)? Placed, ProblemHttpResult? Refused)> CreateAsync(
        HttpContext context, string name, RoomOptions options)
    {
        var ct = context.RequestAborted;
        if (max == 0 || context.ApiKey() is not { } key)
            return (await placement.CreateAsync(name, options, ct), null);
        var fingerprint = ApiKeys.Fingerprint(key);
        var counted = await quota.TakeAsync(fingerprint, name, max, ct);
        if (counted is null && await rooms.FindVisibleAsync(name, ct) is null)
        {
            context.Response.RetryAfter(KeyRoomQuota.PruneInterval);
            return (null, Problems.Of(
                StatusCodes.Status429TooManyRequests, $"The key has created {max} rooms; shut down some of them first."));
        }
        var placed = await placement.CreateAsync(name, options, ct);
        if (counted == true && placed is not { Created: true })
            await quota.ReturnAsync(fingerprint, name, ct);
        return (placed, null);
    }
}
