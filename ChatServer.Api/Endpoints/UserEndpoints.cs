using ChatServer.Backplane.Erasures;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Lists and erases what a user posted, in all rooms.</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this IEndpointRouteBuilder app)
    {
        var user = app.MapGroup("/api/v1/user/{uid}")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Users");

        user.MapGet("/messages", ReadAsync)
            .ValidatePaging(number: "limit")
            .WithName("readUserMessages")
            .WithSummary("List what a user posted, in all rooms")
            .WithDescription("""
                Messages that are not deleted, each with its `room`, ordered by the name of the room and then by `seq`. For the next page,
                set `before` to `next` of the response, until `next` is null; a page may have fewer messages than `limit`.
                """);
        user.MapDelete("", EraseAsync)
            .WithName("eraseUser")
            .WithSummary("Erase what a user posted, in all rooms")
            .WithDescription("""
                `rooms` is the number of rooms in which the user has messages. Their members receive `deleted` events. A room whose host does
                not respond erases the messages when it does. Messages that the user posts later are not erased.
                """)
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Results<Ok<Data<UserMessagePage>>, ProblemHttpResult>> ReadAsync(
        string uid, UserMessages messages, CancellationToken ct, string? before = null, int limit = Limits.DefaultPage)
    {
        if (!UserIds.CanExist(uid)) return InvalidUid();
        var from = before is null ? null : UserMessagePosition.Parse(before);
        if (before is not null && from is null)
            return Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, "before is not the next of a page.");
        return DataResults.Ok(await messages.ReadAsync(uid, from, limit, ct));
    }

    private static async Task<Results<Accepted<Data<UserErased>>, ProblemHttpResult>> EraseAsync(
        string uid, UserMessages messages, UserErasures erasures, CancellationToken ct)
    {
        if (!UserIds.CanExist(uid)) return InvalidUid();
        var rooms = await messages.CountRoomsAsync(uid, ct);
        await erasures.OrderAsync(uid, ct);
        return DataResults.Accepted(new UserErased(rooms));
    }

    private static ProblemHttpResult InvalidUid() =>
        Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, "The uid is not one that a user can have.");
}
