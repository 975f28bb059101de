using ChatServer.Backplane.Moderation;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>A sanction, with the time until which it is in force by this process's clock.</summary>
internal sealed class ActiveSanction(Sanction sanction, TimeSpan? remaining, TimeProvider time)
{
    private readonly long _readAt = time.GetTimestamp();

    public Sanction Sanction => sanction;

    /// <summary>Time until it ends; null: it is permanent. Zero or less: it has ended.</summary>
    public TimeSpan? Remaining => remaining - time.GetElapsedTime(_readAt);

    public bool IsInForce => remaining is null || Remaining > TimeSpan.Zero;
}

/// <summary>A snapshot of the sanctions of one room or of all rooms. May be used on any thread.</summary>
internal sealed class ActiveSanctions
{
    public static readonly ActiveSanctions None = new(SanctionSet.None, TimeProvider.System);

    private readonly Dictionary<string, ActiveSanction> _banByUid = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActiveSanction> _banBySession = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActiveSanction> _banByNetwork = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActiveSanction> _muteByUid = new(StringComparer.Ordinal);

    public ActiveSanctions(SanctionSet set, TimeProvider time)
    {
        Set = set;
        foreach (var sanction in set.InForce)
        {
            // Lifetimes are compared, not times: the clocks of Redis and of this process may differ.
            var active = new ActiveSanction(sanction, sanction.ExpiresAt - set.ReadAt, time);
            if (sanction.Kind == SanctionKind.Mute)
            {
                _muteByUid[sanction.Uid] = active;
                continue;
            }
            _banByUid[sanction.Uid] = active;
            foreach (var session in sanction.Sessions)
                _banBySession[session] = active;
            foreach (var network in sanction.Networks)
                _banByNetwork[network] = active;
        }
    }

    /// <summary>The sanctions as they were read.</summary>
    public SanctionSet Set { get; }

    /// <summary>Those that are in force now, and how long; null: until they are lifted.</summary>
    public IEnumerable<(Sanction Sanction, TimeSpan? Remaining)> InForceNow() => _banByUid.Values.Concat(_muteByUid.Values)
        .Where(active => active.IsInForce).Select(active => (active.Sanction, active.Remaining));

    /// <summary>The ban that applies to a user, its session or its network; null if there is none.</summary>
    public ActiveSanction? FindBan(MemberIdentity identity)
    {
        if (_banByUid.Count == 0)
            return null;
        var session = MemberIdentity.HashOf(identity.Session);
        return InForce(_banByUid, identity.Uid) ?? InForce(_banBySession, session) ?? InForce(_banByNetwork, identity.Network);
    }

    /// <summary>The mute of a user; null if there is none.</summary>
    public ActiveSanction? FindMute(string uid) => InForce(_muteByUid, uid);

    private static ActiveSanction? InForce(Dictionary<string, ActiveSanction> sanctions, string key) =>
        sanctions.TryGetValue(key, out var sanction) && sanction.IsInForce ? sanction : null;
}
