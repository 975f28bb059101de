using System.Text.Json;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Who deletes a message.</summary>
/// <param name="By">For a backend or an operator, the <c>by</c> of the event; null: it depends on the author.</param>
/// <param name="Author">Only a message of this <c>uid</c> may be deleted; null: any message.</param>
/// <param name="Moderator">The <c>uid</c> of the member that deletes; null for a backend.</param>
/// <param name="EscapedId">The id of the member's command; empty for a backend.</param>
/// <param name="Key">Identifies the command if it is repeated; none for a backend.</param>
internal sealed record DeletionOrder(string? By, string? Author, string? Moderator, byte[] EscapedId, MessageKey? Key)
{
    /// <summary>An order of a backend or of an operator.</summary>
    public static DeletionOrder Of(string by) => new(by, null, null, [], null);
}

/// <summary>The outcome: the sequence of the <c>deleted</c> event, or an error.</summary>
/// <param name="Seq">The sequence.</param>
/// <param name="Error">The error; null if the message is deleted.</param>
/// <param name="HasEvent">Whether the event is new: a repeated command has none of its own.</param>
internal sealed record DeletionResult(long Seq, CommandError? Error, bool HasEvent = false);

/// <summary>Deletes messages of a room: reads a message, and stages its deletion. May be called on any thread.</summary>
internal sealed class MessageDeletions(Room room, DurableLog? log)
{
    private static readonly CommandError NoSuchMessage = new(RoomErrorCodes.NoSuchMessage, "The room has no such message.");
    private static readonly CommandError NotYours = new(RoomErrorCodes.NotYours, "The message belongs to another user.");
    private static readonly CommandError Unavailable = new(RoomErrorCodes.Unavailable, "The room cannot reach Redis; try again.");

    /// <summary>Deletes a message. Completes when the log holds the <c>deleted</c> event and no longer holds the text.</summary>
    public async Task<DeletionResult> DeleteAsync(long target, DeletionOrder order)
    {
        byte[]? message;
        try
        {
            message = await ReadAsync(target);
        }
        catch (BackplaneUnavailableException)
        {
            return new DeletionResult(0, Unavailable);
        }
        if (message is null || !IsMessage(message, out var uid, out var deletedAs))
            return new DeletionResult(0, NoSuchMessage);
        if (order.Author is not null && uid != order.Author)
            return new DeletionResult(0, NotYours);
        if (deletedAs > 0 && order.Moderator is null)
            return new DeletionResult(deletedAs, null);
        if (deletedAs > 0 && !await room.Queries.HasLoggedAsync(order.Key))
            return new DeletionResult(0, NoSuchMessage);
        var by = order.By ?? (uid == order.Moderator ? "author" : "moderator");
        return await StageAsync(new Deletion([(target, message)], by, order.EscapedId), order);
    }

    /// <summary>
    /// Deletes all messages that <paramref name="find"/> returns, given the sequence after which to search, in parts. Completes when the
    /// log no longer holds their texts.
    /// </summary>
    /// <returns>False if the room cannot reach Redis now, or was given up: some messages may be left.</returns>
    public async Task<bool> EraseAsync(Func<long, Task<IReadOnlyList<(long Seq, byte[] Json)>>> find)
    {
        for (var after = 0L; ;)
        {
            var found = await find(after);
            if (found.Count == 0)
                return true;
            if ((await StageAsync(new Deletion(found, "backend", []), DeletionOrder.Of("backend"))).Error is not null)
                return false;
            after = found[^1].Seq;
        }
    }

    private async Task<DeletionResult> StageAsync(Deletion deletion, DeletionOrder order)
    {
        var done = new TaskCompletionSource<DeletionResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var item = new BatchItem
        {
            Kind = BatchItemKind.Deletion,
            Deletion = deletion,
            Key = order.Key ?? MessageKey.Random(), // a backend that repeats finds that the message is deleted
            // Called twice for a duplicate in a batch that the log refuses: the first result counts.
            OnLogged = (seq, error) => done.TrySetResult(
                new DeletionResult(seq, error is null ? null : Unavailable, deletion.Rewritten.Count > 0)),
        };
        if (!room.IsOwned || !room.TryStage(item, default, default))
            return new DeletionResult(0, Unavailable);
        room.Schedule();
        return await done.Task;
    }

    // The newest events are in the ring. The log can be ahead of the room while an append is in flight.
    private async Task<byte[]?> ReadAsync(long seq)
    {
        var (json, newest) = await room.Queries.ReadRingAsync(seq);
        if (json is not null || log is null || seq < 1 || seq > newest)
            return json;
        var page = await log.TryReadAfterAsync(seq - 1, 1, () => true, CancellationToken.None);
        return page is { Events: [var (found, entry), ..] } && found == seq ? entry.Event.ToArray() : null;
    }

    private static bool IsMessage(byte[] json, out string? uid, out long deletedAs)
    {
        (uid, deletedAs) = (null, 0);
        try
        {
            var message = JsonElement.Parse(json);
            uid = message.TryGetProperty("uid", out var stated) ? stated.GetString() : null;
            deletedAs = message.TryGetProperty("deleted", out var deleted) ? deleted.GetProperty("seq").GetInt64() : 0;
            return message.GetProperty("type").ValueEquals("message");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false; // the entry of another program
        }
    }
}
