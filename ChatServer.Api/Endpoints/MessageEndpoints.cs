using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary>Reads what was said in a room, and says something on behalf of a backend.</summary>
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
            .WithDescription("Events as members get them, newest last. Ask again with `before` set to the last answer's `next`, until that is null.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        room.MapPost("/message", SayAsync)
            .WithName("say")
            .WithSummary("Say something in a room")
            .WithDescription("Answered once the room's log holds it. Safe to repeat with the same `user` and `id`.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<Data<HistoryPage>>, ProblemHttpResult>> ReadAsync(
        string name, RoomDirectory rooms, RoomLog log, RoomCommands commands, HttpResponse response, CancellationToken ct,
        long? before = null, int limit = Limits.DefaultPage)
    {
        if (await rooms.FindAsync(name) is not { State: not RoomState.Closing } room)
            return RoomProblems.NotFound(name);
        if (room.Options.Durability == Durability.Memory)
        {
            return await commands.AskAsync(new HistoryCommand(name, before, limit), ct) switch
            {
                HistoryReply told => Page(told.Epoch, told.Oldest, told.Events),
                RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
                _ => RoomProblems.Unavailable(name, response),
            };
        }
        return await log.ReadBeforeAsync(name, before, limit) is { } page
            ? Page(page.Epoch, page.Oldest, [.. page.Events.Select(logged => JsonElement.Parse(logged.Entry.Event.Span))])
            : RoomProblems.NotFound(name);
    }

    /// <param name="epoch">Life of the log.</param>
    /// <param name="oldest">Sequence of the oldest event that the log has.</param>
    /// <param name="events">Oldest first.</param>
    private static Ok<Data<HistoryPage>> Page(string epoch, long oldest, IReadOnlyList<JsonElement> events)
    {
        long? first = events.Count > 0 ? events[0].GetProperty("seq").GetInt64() : null;
        return TypedResults.Ok(new Data<HistoryPage>(new(epoch, events, first > oldest ? first : null)));
    }

    private static async Task<Results<Accepted<Data<Logged>>, ProblemHttpResult>> SayAsync(
        string name, SayRequest said, RoomDirectory rooms, RoomCommands commands, HttpResponse response, CancellationToken ct)
    {
        if (said.Validate() is { } complaint)
            return Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, $"{complaint}.");
        if (await rooms.FindAsync(name) is not { State: not RoomState.Closing })
            return RoomProblems.NotFound(name);
        var say = new SayCommand(name, UserNames.Normalize(said.User)!, said.Text, said.Id ?? Guid.NewGuid().ToString("N"));
        return await commands.AskAsync(say, ct) switch
        {
            SaidReply logged => TypedResults.Accepted((string?)null, new Data<Logged>(new(logged.Seq, logged.Epoch))),
            RefusedReply refusal => RoomProblems.Refused(name, refusal, response),
            _ => RoomProblems.Unavailable(name, response),
        };
    }
}
