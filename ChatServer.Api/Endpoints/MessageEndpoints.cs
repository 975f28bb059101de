using System.Text.Json;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Reads the history of a room, and posts messages for a backend.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder app)
    {
        var access = app.ServiceProvider.GetRequiredService<RoomAccess>();
        var room = app.MapGroup("/api/v1/room/{name}")
            .RequireRoomName()
            .WithTags("Messages");

        room.MapGet("/messages", ReadAsync)
            .RequireKeyOrToken(async context => await access.RefuseAsync(context, (string)context.GetRouteValue("name")!))
            .ValidatePaging()
            .WithName("readHistory")
            .WithSummary("Read a room's history")
            .WithDescription("""
                Events as members get them, newest last. For the next page, set `before` to `next` of the response, until `next` is null.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound);
        room.MapPost("/message", SayAsync)
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .WithName("say")
            .WithSummary("Post a message in a room")
            .WithDescription("The response is sent when the room's log contains the message. Safe to repeat with the same `uid` and `id`.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        room.MapDelete("/messages/{seq:long}", DeleteAsync)
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithName("deleteMessage")
            .WithSummary("Delete a message")
            .WithDescription("""
                Members receive a `deleted` event; its sequence is in the response. From then on no answer contains the text. Repeatable.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<Data<HistoryPage>>, ProblemHttpResult>> ReadAsync(
        string name, RoomDirectory rooms, RoomLog log, RoomCommands commands, HttpResponse response, CancellationToken ct,
        long? before = null, int limit = Limits.DefaultPage)
    {
        if (await rooms.FindVisibleAsync(name, ct) is not { } room) return Problems.RoomNotFound(name);
        if (room.Options.Durability == Durability.Memory)
        {
            return await commands.AskAsync(new HistoryCommand(name, before, limit), ct) switch
            {
                HistoryReply history => Page(history.Epoch, history.Oldest, FirstOf(history.Events), history.Events),
                RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
                _ => RoomProblems.Unavailable(name, response),
            };
        }
        return await log.ReadBeforeAsync(name, before, limit, ct) is { } page
            ? Page(
                page.Epoch, page.Oldest, page.Events is [var (oldest, _), ..] ? oldest : null,
                [.. page.Events.Select(logged => logged.Entry.ReadEvent(logged.Seq))])
            : Problems.RoomNotFound(name);
    }

    private static long? FirstOf(IReadOnlyList<JsonElement> events) =>
        events is [var first, ..] ? first.GetProperty("seq").GetInt64() : null;

    /// <param name="epoch">Epoch of the log.</param>
    /// <param name="oldest">Sequence of the oldest event in the log.</param>
    /// <param name="first">Sequence of the first of the events; null if there are none.</param>
    /// <param name="events">Oldest first.</param>
    private static Ok<Data<HistoryPage>> Page(string epoch, long oldest, long? first, IReadOnlyList<JsonElement> events) =>
        DataResults.Ok(new HistoryPage(epoch, events, first > oldest ? first : null));

    private static async Task<Results<Accepted<Data<Logged>>, ProblemHttpResult>> DeleteAsync(
        string name, long seq, RoomDirectory rooms, RoomCommands commands, HttpResponse response, CancellationToken ct)
    {
        if (await rooms.FindVisibleAsync(name, ct) is null) return Problems.RoomNotFound(name);
        return await commands.AskAsync(new DeleteCommand(name, seq, "backend"), ct) switch
        {
            SaidReply deleted => DataResults.Accepted(new Logged(deleted.Seq, deleted.Epoch)),
            RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
            _ => RoomProblems.Unavailable(name, response),
        };
    }

    private static async Task<Results<Accepted<Data<Logged>>, ProblemHttpResult>> SayAsync(
        string name, SayRequest message, RoomDirectory rooms, RoomCommands commands, HttpResponse response, CancellationToken ct)
    {
        if (message.Validate() is { } error) return Problems.InvalidBody(error);
        if (await rooms.FindVisibleAsync(name, ct) is null) return Problems.RoomNotFound(name);
        var say = new SayCommand(
            name, UserNames.Normalize(message.User)!, message.Text, message.Id ?? Guid.NewGuid().ToString("N"), message.Uid);
        return await commands.AskAsync(say, ct) switch
        {
            SaidReply logged => DataResults.Accepted(new Logged(logged.Seq, logged.Epoch)),
            RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
            _ => RoomProblems.Unavailable(name, response),
        };
    }
}
