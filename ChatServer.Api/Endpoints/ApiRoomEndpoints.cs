using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Creates, describes and lists rooms.</summary>
internal static class ApiRoomEndpoints
{
    /// <summary>Wait for capacity: an operator or a scaler starts or empties a host, within seconds at best.</summary>
    private static readonly TimeSpan CapacityRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Wait for a server that shuts down and is started again.</summary>
    private static readonly TimeSpan ShutdownRetryAfter = TimeSpan.FromSeconds(30);

    public static void MapRooms(this IEndpointRouteBuilder app)
    {
        var keys = app.ServiceProvider.GetRequiredService<ApiKeys>();
        var rooms = app.MapGroup("/api/v1").WithTags("Rooms");

        rooms.MapPost("/room/{name}", CreateAsync)
            .RequireApiKey(keys)
            .RequireRoomName()
            .WithName("createRoom")
            .WithSummary("Create a room, or get the port of an existing one")
            .WithDescription("""
                Idempotent: concurrent and repeated creations of one name create one room, and each response contains its port, which
                already accepts WebSockets. The body is optional. It applies when the room is created and does not change an existing room.
                """)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        rooms.MapGet("/room/{name}", DescribeAsync)
            .RequireRoomName()
            .MayUseApiKey()
            .WithName("describeRoom")
            .WithSummary("Describe a room")
            .WithDescription("The description of a private room requires a key.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapGet("/rooms", ListAsync)
            .RequireApiKey(keys)
            .ValidatePaging()
            .WithName("listRooms")
            .WithSummary("List the rooms by name")
            .WithDescription("For the next page, set `after` to `next` of the response, until `next` is null.");
    }

    private static async Task<Results<Ok<Data<RoomCreated>>, ProblemHttpResult>> CreateAsync(
        string name, RoomOptions? options, RoomPlacement placement, ClusterShutdown shutdown, HttpResponse response, CancellationToken ct)
    {
        options ??= new RoomOptions();
        if (options.Validate() is { } error) return Problems.InvalidBody(error);
        // Redis is asked, not the watch: a creation that begins after the order is refused even if the watch has not seen the order yet.
        if (await shutdown.IsOrderedAsync(ct))
        {
            response.RetryAfter(ShutdownRetryAfter);
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.ShuttingDown, "The server is shutting down.");
        }
        if (await placement.CreateAsync(name, options, ct) is not var (room, created))
        {
            response.RetryAfter(CapacityRetryAfter);
            var refusal = new RoomCreated(0, "No more rooms can be created");
            return Problems.Of(
                StatusCodes.Status503ServiceUnavailable, ErrorCodes.NoCapacity, "Every host is full or draining, or none is alive.",
                ("data", refusal));
        }
        response.Headers.Location = $"/api/v1/room/{name}";
        return DataResults.Ok(new RoomCreated(room.Port, created ? "Room created" : $"{name} already exists"));
    }

    private static async Task<Results<Ok<Data<RoomDescription>>, ProblemHttpResult>> DescribeAsync(
        string name, RoomDirectory rooms, RoomAddresses addresses, ApiKeys keys, HttpContext context)
    {
        if (await rooms.FindVisibleAsync(name) is not { } room) return Problems.RoomNotFound(name);
        if (room.Options.Private && !context.HasApiKey(keys))
            return Problems.Of(StatusCodes.Status401Unauthorized, $"{name} is private: its description requires a key.");
        return DataResults.Ok(room.Describe(addresses.LoadBalancer));
    }

    private static async Task<Ok<Data<RoomPage>>> ListAsync(
        RoomDirectory rooms, RoomAddresses addresses, string? after = null, int limit = Limits.DefaultPage)
    {
        var (page, next) = await rooms.ListVisibleAsync(after, limit);
        return DataResults.Ok(new RoomPage([.. page.Select(room => room.Describe(addresses.LoadBalancer))], next));
    }
}
