using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: <c>{name}</c> must be a room's name. Read by whatever describes the endpoints.</summary>
public sealed class RoomNameMetadata;

/// <summary>The policy "only a well-formed room name", for routes with a <c>{name}</c>.</summary>
public static class RoomNameEndpoints
{
    /// <summary>
    /// Answers <c>400</c>, code <c>invalid-room-name</c>, when <c>{name}</c> cannot be a room's name: handlers may then put it
    /// into URLs and keys as it is. Not a route constraint: that would answer 404, as if the room had been looked for.
    /// </summary>
    public static TBuilder RequireRoomName<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new RoomNameMetadata());
            endpoint.DocumentProblem(StatusCodes.Status400BadRequest);
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException(
                $"{endpoint.DisplayName} has no request delegate to guard.");
            endpoint.RequestDelegate = context => RoomNames.IsValid(context.GetRouteValue("name") as string) ? next(context) : Refuse(context);
        });
        return builder;
    }

    private static Task Refuse(HttpContext context) => Problems.Of(
        StatusCodes.Status400BadRequest, ErrorCodes.InvalidRoomName, $"A room's name matches {RoomNames.Pattern}.").ExecuteAsync(context);
}
