using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary>Creates, describes and lists rooms.</summary>
internal static class ApiRoomEndpoints
{
    /// <summary>No host has room: one is started, drained or emptied by people or a scaler, within seconds at best.</summary>
    private static readonly TimeSpan CapacityRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A server that shuts down does not come back at once.</summary>
    private static readonly TimeSpan ShutdownRetryAfter = TimeSpan.FromSeconds(30);

    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        var keys = app.ServiceProvider.GetRequiredService<ApiKeys>();
        var rooms = app.MapGroup("/api/v1").WithTags("Rooms");

        rooms.MapPost("/room/{name}", CreateAsync)
            .RequireApiKey(keys)
            .RequireRoomName()
            .WithName("createRoom")
            .WithSummary("Create a room, or find it")
            .WithDescription("""
                Idempotent: concurrent and repeated creations of one name make one room, and all answer its port, which accepts
                WebSockets before they do. The body is optional, and fixed for the room's life; of a room that exists it changes nothing.
                """)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        rooms.MapGet("/room/{name}", DescribeAsync)
            .RequireRoomName()
            .MayUseApiKey()
            .WithName("describeRoom")
            .WithSummary("Describe a room")
            .WithDescription("A private room is described only to callers with a key.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapGet("/rooms", ListAsync)
            .RequireApiKey(keys)
            .ValidatePaging()
            .WithName("listRooms")
            .WithSummary("List the rooms by name")
            .WithDescription("Ask again with `after` set to the last answer's `next`, until that is null.");
    }

    private static async Task<Results<Ok<Data<RoomCreated>>, ProblemHttpResult>> CreateAsync(
        string name, RoomOptions? options, RoomPlacement placement, ClusterShutdown shutdown, HttpResponse response, CancellationToken ct)
    {
        options ??= new RoomOptions();
        if (options.Validate() is { } complaint)
            return Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, $"{complaint}.");
        // Asked of Redis, not of the watch: a creation that begins after the order was given is refused, however late its news is.
        if (await shutdown.IsOrderedAsync())
        {
            response.RetryAfter(ShutdownRetryAfter);
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.ShuttingDown, "The server is shutting down.");
        }
        if (await placement.CreateAsync(name, options, ct) is not var (room, created))
        {
            response.RetryAfter(CapacityRetryAfter);
            var refusal = new RoomCreated(0, "No more rooms can be created");
            return Problems.Of(
                StatusCodes.Status503ServiceUnavailable, ErrorCodes.NoCapacity, "Every host is full, draining or gone.", ("data", refusal));
        }
        response.Headers.Location = $"/api/v1/room/{name}";
        return TypedResults.Ok(new Data<RoomCreated>(new(room.Port, created ? "Room created" : $"{name} already exists")));
    }

    private static async Task<Results<Ok<Data<RoomDescription>>, ProblemHttpResult>> DescribeAsync(
        string name, RoomDirectory rooms, LoadBalancerSettings loadBalancers, ApiKeys keys, HttpContext context)
    {
        if (await rooms.FindAsync(name) is not { State: not RoomState.Closing } room)
            return RoomProblems.NotFound(name);
        if (room.Options.Private && !context.HasApiKey(keys))
            return Problems.Of(StatusCodes.Status401Unauthorized, $"{name} is private: it is described to callers with a key.");
        return TypedResults.Ok(new Data<RoomDescription>(room.Describe(loadBalancers.First)));
    }

    private static async Task<Ok<Data<RoomPage>>> ListAsync(
        RoomDirectory rooms, LoadBalancerSettings loadBalancers, string? after = null, int limit = Limits.DefaultPage)
    {
        var page = await rooms.ListAsync(after, limit);
        var next = page.Count == limit ? page[^1].Name : null;
        return TypedResults.Ok(new Data<RoomPage>(new(
            [.. page.Where(room => room.State != RoomState.Closing).Select(room => room.Describe(loadBalancers.First))], next)));
    }
}
