using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using StackExchange.Redis;

namespace ChatServer.Backplane.Erasures;

/// <summary>An order to delete all messages of a user, in every room that existed when it was given.</summary>
/// <param name="Number">One more than the number of the previous order.</param>
/// <param name="Uid">The user.</param>
public sealed record UserErasure(long Number, string Uid);

/// <summary>
/// Orders and reads erasures. An order is a key, and each room stores the number of the newest one that it has carried out: a room whose
/// host does not answer, or has none, carries it out later.
/// </summary>
public sealed class UserErasures(BackplaneConnection connection, IdGenerator ids)
{
    /// <summary>Orders the deletion of all messages of a user.</summary>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the call may be repeated.</exception>
    public Task OrderAsync(string uid, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        // Unique: a set has each value once, and a user can be erased again.
        await RedisScript.PostAnnouncement.RunAsync(db, [RedisNames.ErasureCounter, RedisNames.Erasures], $"{ids.NewId()} {uid}");
        return await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
    }, ct);

    /// <summary>Returns the orders after <paramref name="number"/>, in order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<UserErasure>> ReadAfterAsync(long number, CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<UserErasure>)
        [
            .. (await db.SortedSetRangeByScoreWithScoresAsync(RedisNames.Erasures, start: number, exclude: Exclude.Start))
                .Select(entry => new UserErasure((long)entry.Score, ((string)entry.Element!).Split(' ', 2)[^1])),
        ], ct);

    /// <summary>
    /// Stores that a room has carried out the orders up to <paramref name="number"/>. No effect if the room has another term.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task MarkAsync(RoomRecord room, long number, CancellationToken ct = default) =>
        connection.RunAsync(db => RedisScript.MarkErased.RunAsync(db, [RedisNames.Room(room.Name)], room.Term, number), ct);
}
