using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Lists, describes and shuts down rooms.</summary>
internal static class AdminRoomEndpoints
{
    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        var rooms = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Rooms");

        rooms.MapGet("/rooms", ListAsync)
            .ValidatePaging()
            .WithName("listRooms")
            .WithSummary("List the rooms by name")
            .WithDescription("""
                For the next page, set `after` to `next` of the response, until `next` is null. `search`: only rooms whose name or title
                contains it, ignoring case.
                """);
        rooms.MapGet("/room/{name}", DescribeAsync)
            .RequireRoomName()
            .WithName("describeRoom")
            .WithSummary("Describe a room, with its members by name")
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapDelete("/room/{name}/shutdown", ShutdownAsync)
            .RequireRoomName()
            .WithName("shutdownRoom")
            .WithSummary("Shut a room down")
            .WithDescription("Members get a `closing` event, then close code 4004. The port is freed and the history is deleted.");
    }

    private static async Task<Ok<Data<AdminRoomPage>>> ListAsync(
        RoomDirectory rooms, RoomDescriber describer, CancellationToken ct,
        string? after = null, int limit = Limits.DefaultPage, string? search = null)
    {
        var (page, next) = await rooms.ListVisibleAsync(after, limit, search, ct);
        return DataResults.Ok(new AdminRoomPage(await describer.DescribeAsync(page, ct), next));
    }

    private static async Task<Results<Ok<Data<AdminRoomDescription>>, ProblemHttpResult>> DescribeAsync(
        string name, RoomDirectory rooms, RoomDescriber describer, CancellationToken ct) =>
        await rooms.FindVisibleAsync(name, ct) is { } room
            ? DataResults.Ok(await describer.DescribeAsync(room, ct))
            : Problems.RoomNotFound(name);

    private static async Task<Results<Accepted<Data<RoomShutdown>>, Ok<Data<RoomShutdown>>>> ShutdownAsync(
        string name, RoomDirectory rooms) =>
        await rooms.ShutdownAsync(name)
            ? DataResults.Accepted(new RoomShutdown(name, "Shutting down"))
            : DataResults.Ok(new RoomShutdown(name, "Either shutdown already or doesn't exist"));
}
