using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin;

/// <summary>Lists, describes and shuts down rooms.</summary>
internal static class AdminRoomEndpoints
{
    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        var rooms = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .WithTags("Rooms");

        rooms.MapGet("/rooms", ListAsync)
            .ValidatePaging()
            .WithName("listRooms")
            .WithSummary("List the rooms by name")
            .WithDescription("Ask again with `after` set to the last answer's `next`, until that is null. `search`: only rooms with that in their name, in any case.");
        rooms.MapGet("/room/{name}", DescribeAsync)
            .RequireRoomName()
            .WithName("describeRoom")
            .WithSummary("Describe a room, with its members by name")
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapDelete("/room/{name}/shutdown", ShutdownAsync)
            .RequireRoomName()
            .WithName("shutdownRoom")
            .WithSummary("Shut a room down")
            .WithDescription("Members get a `closing` event, then close code 4004; the port is freed, the history deleted.");
    }

    private static async Task<Ok<Data<AdminRoomPage>>> ListAsync(
        RoomDirectory rooms, RoomDescriber views, CancellationToken ct, string? after = null, int limit = Limits.DefaultPage,
            string? search = null)
    {
        var page = await rooms.ListAsync(after, limit, search);
        var next = page.Count == limit ? page[^1].Name : null;
        var shown = await views.DescribeAsync([.. page.Where(room => room.State != RoomState.Closing)], ct);
        return TypedResults.Ok(new Data<AdminRoomPage>(new(shown, next)));
    }

    private static async Task<Results<Ok<Data<AdminRoomDescription>>, ProblemHttpResult>> DescribeAsync(
        string name, RoomDirectory rooms, RoomDescriber views, CancellationToken ct) =>
        await rooms.FindAsync(name) is { State: not RoomState.Closing } room
            ? TypedResults.Ok(new Data<AdminRoomDescription>(await views.DescribeAsync(room, ct)))
            : Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {name}.");

    private static async Task<Results<Accepted<Data<RoomShutdown>>, Ok<Data<RoomShutdown>>>> ShutdownAsync(string name, RoomDirectory rooms) =>
        await rooms.ShutdownAsync(name)
            ? TypedResults.Accepted((string?)null, new Data<RoomShutdown>(new(name, "Shutting down")))
            : TypedResults.Ok(new Data<RoomShutdown>(new(name, "Either shutdown already or doesn't exist")));
}
