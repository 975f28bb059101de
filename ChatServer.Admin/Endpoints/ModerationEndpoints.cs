using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Kicks, bans and mutes users, in one room or in all rooms.</summary>
internal static class ModerationEndpoints
{
    public static void MapModeration(this IEndpointRouteBuilder app)
    {
        var all = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Moderation");
        var room = all.MapGroup("/room/{name}").RequireRoomName();

        Map(room, "kick", "kick", "Remove a member; it may join again at once", KickAsync);
        Map(room, "ban", "ban", "Ban a user from a room", (name, request, moderator, ct) =>
            moderator.ImposeAsync(SanctionKind.Ban, name, request, ct));
        Map(room, "unban", "unban", "Lift a ban from a room", (name, request, moderator, ct) =>
            moderator.LiftAsync(SanctionKind.Ban, name, request, ct));
        Map(room, "mute", "mute", "Let a user send no messages in a room", (name, request, moderator, ct) =>
            moderator.ImposeAsync(SanctionKind.Mute, name, request, ct));
        Map(room, "unmute", "unmute", "Lift a mute in a room", (name, request, moderator, ct) =>
            moderator.LiftAsync(SanctionKind.Mute, name, request, ct));
        Map(all, "ban", "banEverywhere", "Ban a user from all rooms", (_, request, moderator, ct) =>
            moderator.ImposeAsync(SanctionKind.Ban, room: null, request, ct));
        Map(all, "unban", "unbanEverywhere", "Lift a ban from all rooms", (_, request, moderator, ct) =>
            moderator.LiftAsync(SanctionKind.Ban, room: null, request, ct));

        room.MapDelete("messages/{seq:long}", DeleteAsync)
            .WithName("deleteMessage")
            .WithSummary("Delete a message")
            .WithDescription("""
                Members receive a `deleted` event; its sequence is in the response. From then on no answer contains the text. Repeatable.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        all.MapGet("/bans", ListAsync)
            .WithName("listBans")
            .WithSummary("List the bans and mutes in force")
            .WithDescription("Those of one room, which include those of all rooms; without `room`, those of all rooms only.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private delegate Task<Moderation> Moderate(string name, ModerationRequest request, Moderator moderator, CancellationToken ct);

    private static void Map(RouteGroupBuilder group, string path, string operation, string summary, Moderate moderate) => group
        .MapPost(path, async Task<Results<Accepted<Data<Moderated>>, ProblemHttpResult>> (
            ModerationRequest request, Moderator moderator, HttpContext context) =>
        {
            if (request.Validate() is { } error) return Problems.InvalidBody(error);
            context.AddAuditDetails(request.Uid ?? request.User, request.Reason);
            var name = (string?)context.GetRouteValue("name") ?? "";
            var done = await moderate(name, request, moderator, context.RequestAborted);
            if (done.Uid is { } uid)
            {
                context.AddAuditDetails(uid, request.Reason);
                return DataResults.Accepted(new Moderated(uid));
            }
            if (done.Status == StatusCodes.Status503ServiceUnavailable) context.Response.RetryAfter(TimeSpan.FromSeconds(1));
            return Problems.Of(done.Status, done.Code!, done.Detail!);
        })
        .WithName(operation)
        .WithSummary(summary)
        .WithDescription("""
            `user` is the name of a member, `uid` identifies a user who need not be present. The effect begins within a second, on
            every host. Bans and mutes end after `seconds`; without it, when they are lifted.
            """)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static Task<Moderation> KickAsync(string name, ModerationRequest request, Moderator moderator, CancellationToken ct) =>
        moderator.KickAsync(name, request, ct);

    private static async Task<Results<Accepted<Data<Logged>>, ProblemHttpResult>> DeleteAsync(
        string name, long seq, RoomDirectory rooms, RoomCommands commands, HttpResponse response, CancellationToken ct)
    {
        if (await rooms.FindVisibleAsync(name, ct) is null) return Problems.RoomNotFound(name);
        switch (await commands.AskAsync(new DeleteCommand(name, seq, "moderator"), ct))
        {
            case SaidReply deleted:
                return DataResults.Accepted(new Logged(deleted.Seq, deleted.Epoch));
            case RefusedReply { Code: RoomErrorCodes.NoSuchMessage } refusal:
                return Problems.Of(StatusCodes.Status404NotFound, refusal.Code, refusal.Message);
            default:
                response.RetryAfter(TimeSpan.FromSeconds(1));
                return Problems.Of(
                    StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable, $"The host of {name} did not answer.");
        }
    }

    private static async Task<Results<Ok<Data<SanctionList>>, ProblemHttpResult>> ListAsync(
        Moderator moderator, CancellationToken ct, string? room = null)
    {
        if (room is not null && !RoomNames.IsValid(room))
            return Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidRoomName, "room is not the name of a room.");
        return await moderator.ListAsync(room, ct) is { } sanctions ? DataResults.Ok(sanctions) : Problems.RoomNotFound(room!);
    }
}
