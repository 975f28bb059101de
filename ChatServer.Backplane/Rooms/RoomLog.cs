using System.Globalization;
using System.Text.Json;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>The logs of rooms of <see cref="Durability.Redis"/>. Every process may read them; only the host of a room appends.</summary>
public sealed class RoomLog(BackplaneConnection connection)
{
    /// <summary>
    /// The number of latest messages of a room that are recognized as duplicates, also if the log keeps fewer events. After a reconnect
    /// a client sends again the messages that were not acknowledged.
    /// </summary>
    public const int MaxDedupeKeys = 256;

    /// <summary>
    /// Appends <paramref name="entries"/> (each a <see cref="LogEntry"/>, key and event in one piece) as the events after
    /// <paramref name="baseSeq"/>. A repeated call with the same arguments does not append twice.
    /// </summary>
    /// <param name="room">The name of the room.</param>
    /// <param name="term">The term under which the caller claimed the room.</param>
    /// <param name="baseSeq">The sequence of the log's newest event before the batch.</param>
    /// <param name="history">The number of entries that the log keeps.</param>
    /// <param name="messages">The number of messages among the entries.</param>
    /// <param name="announced">The number of the newest announcement in the log after the batch.</param>
    /// <param name="entries">At most 4,000: <c>unpack</c> puts them on the stack of Lua, which has a limit of 8,000.</param>
    /// <param name="rewritten">Earlier events that are replaced, with their sequences; those that the log has trimmed are left out.</param>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown: repeat the call with the same arguments.</exception>
    public async Task<AppendResult> AppendAsync(
        string room, long term, long baseSeq, int history, int messages, long announced, ReadOnlyMemory<ReadOnlyMemory<byte>> entries,
        IReadOnlyList<(long Seq, ReadOnlyMemory<byte> Event)>? rewritten = null)
    {
        rewritten ??= [];
        // As in append.lua.
        const int FirstRewritten = 8;
        var firstEntry = FirstRewritten + 2 * rewritten.Count;
        var values = new RedisValue[firstEntry + entries.Length];
        values[0] = term;
        values[1] = baseSeq;
        values[2] = history;
        values[3] = messages;
        values[4] = announced;
        values[5] = LogEntry.EmptyKey;
        values[6] = MaxDedupeKeys;
        values[7] = rewritten.Count;
        for (var i = 0; i < rewritten.Count; i++)
            (values[FirstRewritten + 2 * i], values[FirstRewritten + 2 * i + 1]) = (rewritten[i].Seq, rewritten[i].Event);
        for (var i = 0; i < entries.Length; i++)
            values[firstEntry + i] = entries.Span[i];
        RedisKey[] keys = history < MaxDedupeKeys
            ? [RedisNames.Room(room), RedisNames.RoomLog(room), RedisNames.RoomMessageKeys(room)]
            : [RedisNames.Room(room), RedisNames.RoomLog(room)];
        return (long)await connection.RunAppendAsync(db => RedisScript.Append.RunAsync(db, keys, values)) switch
        {
            -1 => AppendResult.Fenced,
            -2 => AppendResult.Gone,
            -3 => AppendResult.Diverged,
            _ => AppendResult.Appended,
        };
    }

    /// <summary>
    /// Returns the last events before <paramref name="before"/> (null: up to the newest), oldest first, at most
    /// <paramref name="limit"/>; null if there is no such room.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<LogPage?> ReadBeforeAsync(string room, long? before, int limit, CancellationToken ct = default) =>
        ReadAsync(room, "before", before is { } b ? b : RedisValue.EmptyString, limit, ct);

    /// <summary>
    /// Returns the first events after <paramref name="after"/>, oldest first, at most <paramref name="limit"/>; null if there is no such
    /// room.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<LogPage?> ReadAfterAsync(string room, long after, int limit, CancellationToken ct = default) =>
        ReadAsync(room, "after", after, limit, ct);

    /// <summary>
    /// Returns the keys and sequences of the last <see cref="MaxDedupeKeys"/> messages up to <paramref name="newest"/>, oldest first, of
    /// a room whose log keeps fewer events.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<(string Key, long Seq)>> ReadMessageKeysAsync(
        string room, long newest, CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<(string, long)>)
        [
            .. (await db.ListRangeAsync(RedisNames.RoomMessageKeys(room)))
                .Select(ParseMessageKey)
                .Where(message => message.Seq > 0 && message.Seq <= newest),
        ], ct);

    /// <summary>
    /// Returns the first messages of a user after <paramref name="after"/> that are not deleted, oldest first, at most
    /// <paramref name="limit"/>; null if there is no such room.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<(long Seq, LogEntry Entry)>?> FindByUserAsync(
        string room, string uid, long after, int limit, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var answer = await RedisScript.FindByUser.RunAsync(
            db, [RedisNames.Room(room), RedisNames.RoomLog(room)], UserProperty(uid), after, limit);
        return answer.IsNull ? null : (IReadOnlyList<(long, LogEntry)>?)
        [
            .. ((RedisValue[])answer!).Skip(1).Chunk(2).Select(found => ((long)found[0], LogEntry.Parse(found[1], (long)found[0]))),
        ];
    }, ct);

    /// <summary>The property <c>uid</c> of a user's messages, as rooms write it.</summary>
    public static string UserProperty(string uid) => $"\"uid\":{JsonSerializer.Serialize(uid, ContractJson.Options)}";

    // A malformed entry gets the sequence 0.
    private static (string Key, long Seq) ParseMessageKey(RedisValue entry)
    {
        var text = (string)entry!;
        return text.Length > LogEntry.KeyLength
            && long.TryParse(text.AsSpan(LogEntry.KeyLength), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? (text[..LogEntry.KeyLength], seq)
            : ("", 0);
    }

    private Task<LogPage?> ReadAsync(
        string room, RedisValue direction, RedisValue seq, int limit, CancellationToken ct) => connection.RunAsync(async db =>
    {
        var answer = await RedisScript.ReadLog.RunAsync(db, [RedisNames.Room(room), RedisNames.RoomLog(room)], direction, seq, limit);
        if (answer.IsNull)
            return null;
        var first = (long)answer[3];
        var entries = (RedisValue[])answer[4]!;
        return new LogPage(
            (string)answer[0]!, (long)answer[1], (long)answer[2],
            [.. entries.Select((e, i) => (first + i, LogEntry.Parse(e, first + i)))]);
    }, ct);
}

/// <summary>The outcome of an append.</summary>
public enum AppendResult
{
    /// <summary>The log contains the batch.</summary>
    Appended,

    /// <summary>The term is over: another host has the room.</summary>
    Fenced,

    /// <summary>The room does not exist: it was deleted, or Redis lost its data.</summary>
    Gone,

    /// <summary>The log is at another position than the caller stated.</summary>
    Diverged,
}

/// <summary>A range of a log.</summary>
/// <param name="Epoch">The epoch of the log.</param>
/// <param name="Oldest">The sequence of the oldest event in the log; <paramref name="Newest"/> + 1 if it has none.</param>
/// <param name="Newest">The sequence of the newest event; 0 if there never was one.</param>
/// <param name="Events">The events of the range, oldest first.</param>
public sealed record LogPage(string Epoch, long Oldest, long Newest, IReadOnlyList<(long Seq, LogEntry Entry)> Events);
