using System.Collections.Concurrent;
using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>Limits the rooms that were created with one key and still exist, through any Api.</summary>
public sealed class KeyRoomQuota(BackplaneConnection connection, TimeProvider time)
{
    /// <summary>Time between two searches for deleted rooms of a key that has reached its limit: each reads all its names.</summary>
    public static readonly TimeSpan PruneInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, long> _prunedAt = [];

    /// <summary>
    /// Counts a room before its creation. <see cref="ReturnAsync"/> must follow if the key does not create it. Concurrent creations may
    /// exceed the limit by their number.
    /// </summary>
    /// <param name="fingerprint">Identifies the key.</param>
    /// <param name="room">The name of the room.</param>
    /// <param name="max">Maximum number of rooms.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <returns>Null if the key has too many rooms; otherwise whether the room was not counted before.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool?> TakeAsync(string fingerprint, string room, int max, CancellationToken ct = default) =>
        connection.RunAsync<bool?>(async db =>
        {
            RedisKey key = RedisNames.RoomsOfKey(fingerprint);
            var (adding, counting) = (db.SetAddAsync(key, room), db.SetLengthAsync(key));
            if (!await adding)
                return false;
            if (await counting <= max || await PruneAsync(db, key, keep: room) <= max)
                return true;
            await db.SetRemoveAsync(key, room);
            return null;
        }, ct);

    /// <summary>The room was not created with the key.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReturnAsync(string fingerprint, string room, CancellationToken ct = default) =>
        connection.RunAsync(db => db.SetRemoveAsync(RedisNames.RoomsOfKey(fingerprint), room), ct);

    private async Task<long> PruneAsync(IDatabase db, RedisKey key, string keep)
    {
        if (!_prunedAt.TryGetValue(key!, out var at) || time.GetElapsedTime(at) >= PruneInterval)
        {
            _prunedAt[key!] = time.GetTimestamp();
            foreach (var names in (await db.SetMembersAsync(key)).Chunk(1000))
            {
                var scores = await db.SortedSetScoresAsync(RedisNames.Rooms, names);
                await db.SetRemoveAsync(key, [.. names.Where((name, i) => scores[i] is null && name != keep)]);
            }
        }
        return await db.SetLengthAsync(key);
    }
}
