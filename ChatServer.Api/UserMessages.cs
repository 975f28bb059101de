using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;

namespace ChatServer.Api;

/// <summary>Finds the messages of a user in all rooms: in Redis, and for logs in memory at their hosts.</summary>
internal sealed class UserMessages(RoomDirectory rooms, RoomLog log, RoomCommands commands)
{
    // Rooms that are searched for one page: a page can have fewer messages than the limit, or none, and a next one.
    private const int MaxRoomsPerPage = 500;

    private const int MaxParallelReads = 16;

    /// <summary>Number of rooms in which the user has messages. Rooms whose host does not answer are not counted.</summary>
    public async Task<int> CountRoomsAsync(string uid, CancellationToken ct)
    {
        var count = 0;
        for (string? after = null; ;)
        {
            var (page, next) = await rooms.ListVisibleAsync(after, Limits.MaxPage, ct: ct);
            await Parallel.ForEachAsync(
                page, new ParallelOptions { MaxDegreeOfParallelism = MaxParallelReads, CancellationToken = ct }, async (room, stop) =>
                {
                    if ((await FindAsync(room, uid, after: 0, limit: 1, stop)).Count > 0)
                        Interlocked.Increment(ref count);
                });
            if (next is null) return count;
            after = next;
        }
    }

    /// <summary>A page of messages, ordered by the name of their room and then by their sequence.</summary>
    /// <param name="uid">The user.</param>
    /// <param name="from">The position after which the page begins; null: the first page.</param>
    /// <param name="limit">At most so many messages.</param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task<UserMessagePage> ReadAsync(string uid, UserMessagePosition? from, int limit, CancellationToken ct)
    {
        var messages = new List<JsonNode>();
        if (from is not null && await rooms.FindVisibleAsync(from.Room, ct) is { } begun
            && await AddAsync(messages, begun, uid, from.Seq, limit, ct) is { } position)
            return new UserMessagePage(messages, position.ToString());
        var (page, next) = await rooms.ListVisibleAsync(from?.Room, MaxRoomsPerPage, ct: ct);
        foreach (var room in page)
        {
            if (await AddAsync(messages, room, uid, after: 0, limit - messages.Count, ct) is { } full)
                return new UserMessagePage(messages, full.ToString());
        }
        return new UserMessagePage(messages, next is null ? null : new UserMessagePosition(next, long.MaxValue).ToString());
    }

    // Returns the position of the last message if the page is full.
    private async Task<UserMessagePosition?> AddAsync(
        List<JsonNode> messages, RoomRecord room, string uid, long after, int limit, CancellationToken ct)
    {
        if (after == long.MaxValue) return null;
        var found = await FindAsync(room, uid, after, limit, ct);
        foreach (var message in found)
        {
            var entry = JsonObject.Create(message)!;
            entry["room"] = room.Name;
            messages.Add(entry);
        }
        return found.Count < limit ? null : new UserMessagePosition(room.Name, found[^1].GetProperty("seq").GetInt64());
    }

    private async Task<IReadOnlyList<JsonElement>> FindAsync(RoomRecord room, string uid, long after, int limit, CancellationToken ct) =>
        room.Options.Durability == Durability.Memory
            ? await commands.AskAsync(new FindByUserCommand(room.Name, uid, after, limit), ct) is HistoryReply reply ? reply.Events : []
            : [.. (await log.FindByUserAsync(room.Name, uid, after, limit, ct) ?? []).Select(found => found.Entry.ReadEvent(found.Seq))];
}

/// <summary>A position among the messages of a user.</summary>
/// <param name="Room">A room.</param>
/// <param name="Seq">The sequence of a message in it.</param>
internal sealed record UserMessagePosition(string Room, long Seq)
{
    /// <summary>Parses the form that <see cref="ToString"/> returns; null if it is malformed.</summary>
    public static UserMessagePosition? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && RoomNames.IsValid(text[..colon])
            && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? new UserMessagePosition(text[..colon], seq)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Room}:{Seq}");
}
