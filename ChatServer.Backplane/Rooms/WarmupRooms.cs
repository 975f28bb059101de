using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// Rooms in which a RoomHost or a load balancer runs its warm-up. The name is not a valid room name, and the room is in no index, so
/// neither clients nor listings nor other processes find it.
/// </summary>
public sealed class WarmupRooms(BackplaneConnection connection, RoomPlacement placement, RoomOwnership ownership)
{
    // Removes the room of a process that crashed during its warm-up.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const string NamePrefix = "$warmup-";

    /// <summary>The name of this process's room.</summary>
    public string Name { get; } = NamePrefix + connection.Instance;

    /// <summary>Whether <paramref name="name"/> is the name of such a room.</summary>
    internal static bool IsWarmup(string name) => name.StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <summary>Creates the room, assigned to <paramref name="host"/>.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task CreateAsync(string host, CancellationToken ct)
    {
        await placement.CreateRecordAsync(Name, new RoomOptions(), host, ct);
        await ExpireAsync(ct);
    }

    /// <summary>Claims the room, as <see cref="RoomOwnership.ClaimAsync"/>.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<RoomClaim?> ClaimAsync(string host, string address, int port, CancellationToken ct)
    {
        var claim = await ownership.ClaimAsync(Name, host, address, port);
        await ExpireAsync(ct);
        return claim;
    }

    /// <summary>Deletes the room with its log.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task DeleteAsync() => connection.RunAsync(db => db.KeyDeleteAsync(RedisNames.RoomKeys(Name)));

    private Task<bool[]> ExpireAsync(CancellationToken ct) => connection.RunAsync(
        db => Task.WhenAll(RedisNames.RoomKeys(Name).Select(key => db.KeyExpireAsync(key, Lifetime))), ct);
}
