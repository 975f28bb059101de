using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Moderation;

/// <summary>
/// The sanctions in force, in one room or in all rooms. They are keys, so they survive restarts and moves; a notification only lets the
/// hosts read them at once.
/// </summary>
/// <remarks>In every method, <c>room</c> is the name of a room; null: all rooms.</remarks>
public sealed class SanctionStore(BackplaneConnection connection, CorruptRecords corrupt)
{
    /// <summary>Sanctions in force of one room, and of all rooms: a host holds them in memory.</summary>
    public const int MaxSanctions = 10_000;

    // A command is repeated within seconds, after a reconnect.
    private const int MaxCommandIds = 1000;

    // A script blocks Redis while it runs.
    private const int RestoredPerCall = 500;

    private const string VersionField = "version";

    /// <summary>Imposes a sanction. An earlier one of the same kind is replaced.</summary>
    /// <param name="room">The room.</param>
    /// <param name="sanction">The sanction; its expiry is not used.</param>
    /// <param name="lifetime">How long it is in force; null: until it is lifted.</param>
    /// <param name="commandId">Identifies the command if it is repeated; null if it never is.</param>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the call may be repeated.</exception>
    public Task<ModerationResult> ImposeAsync(string? room, Sanction sanction, TimeSpan? lifetime, string? commandId = null) =>
        WriteAsync(room, sanction.Field, sanction.Serialize(), lifetime, commandId);

    /// <summary>Lifts a sanction, if there is one.</summary>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the call may be repeated.</exception>
    public Task<ModerationResult> LiftAsync(string? room, SanctionKind kind, string uid, string? commandId = null) =>
        WriteAsync(room, Sanction.FieldOf(kind, uid), "", null, commandId);

    /// <summary>Stores the id of a command that changes no sanction.</summary>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the call may be repeated.</exception>
    public Task<ModerationResult> RecordAsync(string room, string commandId) => WriteAsync(room, "", "", null, commandId);

    /// <summary>The version of the sanctions that apply to all rooms; 0 if there never was one.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<long> GlobalVersionAsync(CancellationToken ct = default) => connection.RunAsync(
        async db => (long)await db.HashGetAsync(RedisNames.Sanctions(null), VersionField), ct);

    /// <summary>The sanctions in force. A corrupt one is left out.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<SanctionSet> ReadAsync(string? room, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var key = RedisNames.Sanctions(room);
        var answer = await RedisScript.ReadSanctions.RunAsync(db, [key]);
        var now = DateTimeOffset.FromUnixTimeMilliseconds((long)answer[0]);
        var fields = ((RedisValue[])answer[1]!).Chunk(2).ToDictionary(f => (string)f[0]!, f => f[1]);
        var version = fields.Remove(VersionField, out var stored) ? (long)stored : 0;
        return new SanctionSet(
            now, version,
            [
                .. fields.Values.Select(value => TryParse(key!, value!)).OfType<Sanction>()
                    .Where(sanction => sanction.ExpiresAt is null || sanction.ExpiresAt > now),
            ]);
    }, ct);

    /// <summary>
    /// Stores the sanctions that Redis lost, unless one of the same kind and user was imposed since. A sanction that was lifted after the loss
    /// is in force again: that is better than a ban that ended because of a crash.
    /// </summary>
    /// <param name="room">The room.</param>
    /// <param name="version">The version of the lost sanctions.</param>
    /// <param name="lost">The sanctions, and how long each is still in force; null: until it is lifted.</param>
    /// <returns>The new version, which is higher; 0 if there was nothing to store.</returns>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the call may be repeated.</exception>
    public Task<long> RestoreAsync(string? room, long version, IEnumerable<(Sanction Sanction, TimeSpan? Remaining)> lost) =>
        connection.RunAsync(async db =>
        {
            var stored = 0L;
            foreach (var chunk in lost.Chunk(RestoredPerCall))
            {
                stored = (long)await RedisScript.RestoreSanctions.RunAsync(
                    db, [RedisNames.Sanctions(room)],
                    [
                        version, .. chunk.SelectMany(item => (RedisValue[])
                        [
                            item.Sanction.Field,
                            item.Remaining is { } time ? (long)time.TotalMilliseconds : RedisValue.EmptyString,
                            item.Sanction.Serialize(),
                        ]),
                    ]);
            }
            return stored;
        });

    /// <summary>The ban of a <c>uid</c> from a room or from all rooms, and its remaining time (null: until it is lifted).</summary>
    /// <returns>Null if there is none. Bans of sessions and addresses are not considered.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<(Sanction Ban, TimeSpan? Remaining)?> FindBanAsync(string room, string uid, CancellationToken ct = default) =>
        connection.RunAsync<(Sanction, TimeSpan?)?>(async db =>
        {
            var field = Sanction.FieldOf(SanctionKind.Ban, uid);
            foreach (var scope in (string?[])[room, null])
            {
                var key = RedisNames.Sanctions(scope);
                if (await db.HashGetAsync(key, field) is not { IsNull: false } value || TryParse(key, value!) is not { } ban)
                    continue;
                var remaining = ban.ExpiresAt - await ReadClockAsync(db);
                if (remaining is null || remaining > TimeSpan.Zero)
                    return (ban, remaining);
            }
            return null;
        }, ct);

    // TIME: seconds, microseconds.
    private static async Task<DateTimeOffset> ReadClockAsync(IDatabase db)
    {
        var time = (RedisValue[])(await db.ExecuteAsync("TIME"))!;
        return DateTimeOffset.FromUnixTimeSeconds((long)time[0]).AddMicroseconds((long)time[1]);
    }

    private Task<ModerationResult> WriteAsync(string? room, string field, string sanction, TimeSpan? lifetime, string? commandId) =>
        connection.RunAsync(async db =>
        {
            RedisKey[] keys = room is null
                ? [RedisNames.Sanctions(null), RedisNames.ModerationCommands(null)]
                : [RedisNames.Sanctions(room), RedisNames.ModerationCommands(room), RedisNames.Room(room)];
            var result = (long)await RedisScript.Moderate.RunAsync(
                db, keys, field, sanction, lifetime is { } time ? (long)time.TotalMilliseconds : RedisValue.EmptyString,
                commandId ?? "", MaxCommandIds, MaxSanctions) switch
            {
                0 => ModerationResult.Repeated,
                -1 => ModerationResult.TooMany,
                -2 => ModerationResult.NoRoom,
                _ => ModerationResult.Stored,
            };
            if (result == ModerationResult.Stored && field.Length > 0)
                await NotifyAsync(db, room);
            return result;
        });

    private static async Task NotifyAsync(IDatabase db, string? room)
    {
        if (room is null)
            await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
        else if (await db.HashGetAsync(RedisNames.Room(room), "host") is { IsNull: false } host)
            await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host!)), $"r {room}");
    }

    private Sanction? TryParse(string key, string value)
    {
        try
        {
            return Sanction.Parse(value);
        }
        catch (InvalidDataException e)
        {
            corrupt.Report(key, e);
            return null;
        }
    }
}
