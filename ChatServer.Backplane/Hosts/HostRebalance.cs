using System.Globalization;
using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>Time between the rooms that a host moves for a rebalance.</summary>
public enum RebalancePace
{
    /// <summary>Nothing moves.</summary>
    Off,

    /// <summary>One room per second.</summary>
    Slow,

    /// <summary>One room after another, without a pause.</summary>
    Fast,
}

/// <summary>An order to one host to move rooms to other hosts.</summary>
/// <param name="Rooms">Number of rooms.</param>
/// <param name="Pace">How fast.</param>
public sealed record RebalanceOrder(int Rooms, RebalancePace Pace);

/// <summary>
/// Orders hosts that have more than their share of the rooms to move the surplus to other hosts. Each order is a key of its own, which the
/// host takes once.
/// </summary>
public sealed class HostRebalance(BackplaneConnection connection, HostDirectory hosts)
{
    /// <summary>A host that does not take its order within this time, because it is dead or busy with another one, does not get it.</summary>
    public static readonly TimeSpan OrderLifetime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Orders every host with at least <paramref name="minSurplus"/> rooms above its share to move them. The share of a host is the part of
    /// all rooms that corresponds to its capacity; hosts that drain or stop have none, and are not counted.
    /// </summary>
    /// <returns>The number of rooms to move.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<int> OrderAsync(RebalancePace pace, int minSurplus = 1, CancellationToken ct = default)
    {
        var surplus = Surplus(await hosts.ListLoadsAsync(ct)).Where(host => host.Rooms >= minSurplus).ToList();
        if (surplus.Count == 0)
            return 0;
        await connection.RunAsync(async db =>
        {
            foreach (var (host, rooms) in surplus)
                await db.StringSetAsync(RedisNames.RebalanceOrder(host), Format(new RebalanceOrder(rooms, pace)), OrderLifetime);
            return await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
        }, ct);
        return surplus.Sum(host => host.Rooms);
    }

    /// <summary>Takes the order to <paramref name="host"/>; null without an order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<RebalanceOrder?> TakeAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(async db => Parse(await db.StringGetDeleteAsync(RedisNames.RebalanceOrder(host))), ct);

    /// <summary>The hosts with more rooms than their share, rounded up, and the number of these rooms.</summary>
    internal static IEnumerable<(string Host, int Rooms)> Surplus(IReadOnlyList<(HostRecord Host, long Rooms)> loads)
    {
        var (rooms, capacity) = (loads.Sum(load => load.Rooms), loads.Sum(load => (long)load.Host.Capacity));
        return
            from load in loads
            let share = (long)Math.Ceiling((double)rooms * load.Host.Capacity / capacity)
            where load.Rooms > share
            select (load.Host.Id, (int)(load.Rooms - share));
    }

    private static string Format(RebalanceOrder order) => string.Create(CultureInfo.InvariantCulture, $"{order.Rooms} {order.Pace}");

    private static RebalanceOrder? Parse(RedisValue value) =>
        ((string?)value)?.Split(' ') is [var rooms, var pace]
            && int.TryParse(rooms, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Enum.TryParse<RebalancePace>(pace, out var known)
            ? new RebalanceOrder(number, known)
            : null;
}
