using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Messages;

/// <summary>A message of an operator to all rooms, or to some.</summary>
/// <param name="Number">One more than the number of the previous announcement.</param>
/// <param name="Id">The public id.</param>
/// <param name="Text">The text.</param>
/// <param name="Rooms">The names of the rooms that receive it; null: all rooms that exist at the time of the post.</param>
/// <param name="Time">The time of the post.</param>
public sealed record AnnouncementRecord(long Number, string Id, string Text, IReadOnlyList<string>? Rooms, DateTimeOffset Time)
{
    /// <summary>The <see cref="TraceContext"/> of the post; null if it was not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }

    /// <summary>Whether <paramref name="room"/> receives it.</summary>
    public bool IsFor(string room) => Rooms is null || Rooms.Contains(room, StringComparer.Ordinal);
}

/// <summary>
/// Posts and reads announcements. An announcement is stored before its nudge is published, so a host that was disconnected finds it later.
/// Each room stores the number of the newest announcement in its log with the append, so each announcement is in the log once.
/// </summary>
public sealed class Announcements(BackplaneConnection connection, CorruptRecords corrupt, IdGenerator ids, TimeProvider time)
{
    /// <summary>How long an announcement is kept for hosts that are disconnected.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>Posts an announcement to all rooms, or to <paramref name="rooms"/>.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<AnnouncementRecord> PostAsync(
        string text, IReadOnlyList<string>? rooms, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var announcement = new AnnouncementRecord(0, ids.NewId(), text, rooms, time.GetUtcNow())
        {
            Traceparent = TraceContext.Current,
        };
        var number = (long)await RedisScript.PostAnnouncement.RunAsync(
            db, [RedisNames.AnnouncementCounter, RedisNames.Announcements], JsonSerializer.Serialize(announcement, ContractJson.Options));
        await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
        await TrimAsync(db);
        return announcement with { Number = number };
    }, ct);

    /// <summary>Returns the announcements after <paramref name="number"/>, in order. Corrupt entries are left out.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<AnnouncementRecord>> ReadAfterAsync(
        long number, CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<AnnouncementRecord>)
        [
            .. (await db.SortedSetRangeByScoreWithScoresAsync(RedisNames.Announcements, start: number, exclude: Exclude.Start))
                .Select(entry => TryParse(entry.Element, (long)entry.Score)).OfType<AnnouncementRecord>(),
        ], ct);

    // Removes expired announcements. Usually the first read finds that the oldest one has not expired.
    private async Task TrimAsync(IDatabase db)
    {
        for (; ; )
        {
            var oldest = await db.SortedSetRangeByRankAsync(RedisNames.Announcements, 0, 0);
            if (oldest.Length == 0 || TryParse(oldest[0], 0)?.Time > time.GetUtcNow() - Retention)
                return;
            await db.SortedSetRemoveAsync(RedisNames.Announcements, oldest[0]);
        }
    }

    private AnnouncementRecord? TryParse(RedisValue value, long number)
    {
        try
        {
            var record = JsonSerializer.Deserialize<AnnouncementRecord>((string)value!, ContractJson.Options);
            return record is { Id: not null, Text: not null }
                ? record with { Number = number }
                : throw new InvalidDataException("An announcement has no id or text.");
        }
        catch (Exception e) when (CorruptRecordException.IsCause(e))
        {
            corrupt.Report(RedisNames.Announcements, e);
            return null;
        }
    }
}
