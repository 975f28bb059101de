using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: <c>{name}</c> must be a room name. The description of the API contains its pattern.</summary>
public sealed class RoomNameMetadata;

/// <summary>The policy for routes with a <c>{name}</c>.</summary>
public static class RoomNameEndpoints
{
    /// <summary>
    /// Answers <c>400</c>, code <c>invalid-room-name</c>, if <c>{name}</c> is not a valid room name. Handlers may then use it in URLs and
    /// keys without escaping. A route constraint would answer 404, as for a room that does not exist.
    /// </summary>
    public static TBuilder RequireRoomName<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new RoomNameMetadata());
            endpoint.DocumentProblem(StatusCodes.Status400BadRequest);
            endpoint.Guard(context => RoomNames.IsValid(context.GetRouteValue("name") as string) ? null : Problems.Of(
                StatusCodes.Status400BadRequest, ErrorCodes.InvalidRoomName, $"A room name must match {RoomNames.Pattern}."));
        });
        return builder;
    }
}
