namespace ChatServer.RoomHost.Hosting;

/// <summary>Whether this process may change the rooms that are assigned to its host id. May be read from any thread.</summary>
internal interface IHeldLease
{
    /// <summary>Whether the lease is held now.</summary>
    bool IsHeld { get; }

    /// <summary>
    /// Whether the lease is held now and was held without interruption since <paramref name="timestamp"/>. If not, rooms may have been
    /// assigned to other hosts in the meantime.
    /// </summary>
    bool HasHeldSince(long timestamp);
}
