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

        var create = rooms.MapPost("/room/{name}", CreateAsync)
            .AllowEmptyChunkedBody()
            .RequireRoomName()
            .WithName("createRoom")
            .WithSummary("Create a room, or get the port of an existing one")
            .WithDescription("""
                Idempotent: concurrent and repeated creations of one name create one room, and each response contains its port, which
                already accepts WebSockets. The body is optional. It applies when the room is created and does not change an existing room.
                """)
            .WithMetadata(new ResponseHeaderMetadata(StatusCodes.Status200OK, "Location", "The path of the room's description."));
        if (app.ServiceProvider.GetRequiredService<OpenRooms>().AreAllowed)
            create.MayUseApiKey();
        else
            create.RequireApiKey(keys);
        rooms.MapGet("/room/{name}", DescribeAsync)
            .RequireRoomName()
            .MayUseKeyOrToken()
            .WithName("describeRoom")
            .WithSummary("Describe a room")
            .WithDescription("""
                The description of a private room requires a key, or a token for the room. A banned member that sends its session in the
                header `X-Session`, or its token, gets 403 `banned` with `reason` and `seconds`: a browser hides why a room refused it.
                """)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapPatch("/room/{name}", ChangeAsync)
            .RequireApiKey(keys)
            .Audited()
            .RequireRoomName()
            .WithName("changeRoom")
            .WithSummary("Change options of a room")
            .WithDescription("""
                Only the options that the body states change; they stay changed when the room moves. The room's host applies them at once:
                its members receive a `room` event. `private: true` closes members without a token with 4003.
                """)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        rooms.MapGet("/rooms", ListAsync)
            .RequireApiKey(keys)
            .ValidatePaging()
            .WithName("listRooms")
            .WithSummary("List the rooms by name")
            .WithDescription("For the next page, set `after` to `next` of the response, until `next` is null.");
    }

    private static async Task<Results<Ok<Data<RoomCreated>>, ProblemHttpResult>> CreateAsync(
        string name, RoomOptions? options, OpenRooms openRooms, KeyRooms keyRooms, ClusterShutdown shutdown, HttpContext context)
    {
        var (response, ct) = (context.Response, context.RequestAborted);
        options ??= new RoomOptions();
        if (options.Validate() is { } error) return Problems.InvalidBody(error);
        if (await openRooms.RefuseAsync(context, name, options) is { } refused) return refused;
        // Redis is asked, not the watch: a creation that begins after the order is refused even if the watch has not seen the order yet.
        if (await shutdown.IsOrderedAsync(ct))
        {
            response.RetryAfter(ShutdownRetryAfter);
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.ShuttingDown, "The server is shutting down.");
        }
        var (placed, tooMany) = await keyRooms.CreateAsync(context, name, options);
        if (tooMany is not null) return tooMany;
        if (placed is not var (room, created))
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

    private static async Task<Results<Ok<Data<RoomDescription>>, ProblemHttpResult>> ChangeAsync(
        string name, RoomChange change, RoomOptionsWriter options, RoomDirectory rooms, RoomAddresses addresses, CancellationToken ct)
    {
        if (change.Validate() is { } error) return Problems.InvalidBody(error);
        return await options.ChangeAsync(name, change.ApplyTo, ct) is not null && await rooms.FindVisibleAsync(name, ct) is { } room
            ? DataResults.Ok(room.Describe(addresses.LoadBalancer))
            : Problems.RoomNotFound(name);
    }

    private static async Task<Results<Ok<Data<RoomDescription>>, ProblemHttpResult>> DescribeAsync(
        string name, RoomDirectory rooms, RoomAddresses addresses, RoomAccess access, BanNotice bans, HttpContext context)
    {
        if (await rooms.FindVisibleAsync(name, context.RequestAborted) is not { } room)
        {
            // For a client on a page of another origin, whose WebSocket does not report why it was refused. It says nothing about a room.
            context.Response.Headers.AccessControlAllowOrigin = "*";
            return Problems.RoomNotFound(name);
        }
        if (room.Options.Private && await access.RefuseAsync(context, name) is { } refusal) return refusal;
        if (await bans.RefuseAsync(context, name) is { } ban) return ban;
        return DataResults.Ok(room.Describe(addresses.LoadBalancer));
    }

    private static async Task<Ok<Data<RoomPage>>> ListAsync(
        RoomDirectory rooms, RoomAddresses addresses, CancellationToken ct, string? after = null, int limit = Limits.DefaultPage)
    {
        var (page, next) = await rooms.ListVisibleAsync(after, limit, ct: ct);
        return DataResults.Ok(new RoomPage([.. page.Select(room => room.Describe(addresses.LoadBalancer))], next));
    }
}
