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
        var room = app.MapGroup("/api/v1/room/{name}")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .RequireRoomName()
            .WithTags("Messages");

        room.MapGet("/messages", ReadAsync)
            .ValidatePaging()
            .WithName("readHistory")
            .WithSummary("Read a room's history")
            .WithDescription("""
                Events as members get them, newest last. For the next page, set `before` to `next` of the response, until `next` is null.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound);
        room.MapPost("/message", SayAsync)
            .WithName("say")
            .WithSummary("Post a message in a room")
            .WithDescription("The response is sent when the room's log contains the message. Safe to repeat with the same `user` and `id`.")
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
                HistoryReply history => Page(history.Epoch, history.Oldest, history.Events),
                RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
                _ => RoomProblems.Unavailable(name, response),
            };
        }
        return await log.ReadBeforeAsync(name, before, limit) is { } page
            ? Page(page.Epoch, page.Oldest, [.. page.Events.Select(logged => JsonElement.Parse(logged.Entry.Event.Span))])
            : Problems.RoomNotFound(name);
    }

    /// <param name="epoch">Epoch of the log.</param>
    /// <param name="oldest">Sequence of the oldest event in the log.</param>
    /// <param name="events">Oldest first.</param>
    private static Ok<Data<HistoryPage>> Page(string epoch, long oldest, IReadOnlyList<JsonElement> events)
    {
        long? first = events.Count > 0 ? events[0].GetProperty("seq").GetInt64() : null;
        return DataResults.Ok(new HistoryPage(epoch, events, first > oldest ? first : null));
    }

    private static async Task<Results<Accepted<Data<Logged>>, ProblemHttpResult>> SayAsync(
        string name, SayRequest message, RoomDirectory rooms, RoomCommands commands, HttpResponse response, CancellationToken ct)
    {
        if (message.Validate() is { } error) return Problems.InvalidBody(error);
        if (await rooms.FindVisibleAsync(name, ct) is null) return Problems.RoomNotFound(name);
        var say = new SayCommand(name, UserNames.Normalize(message.User)!, message.Text, message.Id ?? Guid.NewGuid().ToString("N"));
        return await commands.AskAsync(say, ct) switch
        {
            SaidReply logged => DataResults.Accepted(new Logged(logged.Seq, logged.Epoch)),
            RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
            _ => RoomProblems.Unavailable(name, response),
        };
    }
}
