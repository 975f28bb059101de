using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// An operator's word to every room, or to some.
/// </summary>
/// <param name="Number">Grows by one from announcement to announcement.</param>
/// <param name="Id">Its public name.</param>
/// <param name="Text">What is said.</param>
/// <param name="Rooms">The rooms it is for; null: all that existed.</param>
/// <param name="Time">When it was posted.</param>
public sealed record AnnouncementRecord(long Number, string Id, string Text, IReadOnlyList<string>? Rooms, DateTimeOffset Time)
{
    /// <summary>The <see cref="TraceContext"/> of the post; null if it was not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }

    /// <summary>Whether <paramref name="room"/> is to hear it.</summary>
    public bool IsFor(string room) => Rooms is null || Rooms.Contains(room, StringComparer.Ordinal);
}

/// <summary>
/// Announcements are written down first and nudged second, so a host that was cut off finds them when it is back. Each room
/// remembers the number of the last one it had, in its log's own append: it has each once.
/// </summary>
public sealed class Announcements(BackplaneConnection connection, IdGenerator ids, TimeProvider time)
{
    /// <summary>How long an announcement waits for hosts that are cut off.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>Posts to all rooms, or to <paramref name="rooms"/>.</summary>
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

    /// <summary>Those after <paramref name="number"/>, in order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<AnnouncementRecord>> ReadAfterAsync(
        long number, CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<AnnouncementRecord>)Array.ConvertAll(
            await db.SortedSetRangeByScoreWithScoresAsync(RedisNames.Announcements, start: number, exclude: Exclude.Start),
            entry => Parse(entry.Element) with { Number = (long)entry.Score }), ct);

    // The oldest go when they are too old; one look at the oldest is enough most of the time.
    private async Task TrimAsync(IDatabase db)
    {
        for (; ; )
        {
            var oldest = await db.SortedSetRangeByRankAsync(RedisNames.Announcements, 0, 0);
            if (oldest.Length == 0 || Parse(oldest[0]).Time > time.GetUtcNow() - Retention)
                return;
            await db.SortedSetRemoveAsync(RedisNames.Announcements, oldest[0]);
        }
    }

    private static AnnouncementRecord Parse(RedisValue value) =>
        JsonSerializer.Deserialize<AnnouncementRecord>((string)value!, ContractJson.Options)!;
}
