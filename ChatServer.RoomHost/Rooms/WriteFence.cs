namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Whether the room may write now. Redis fences the log of a host that lost the room; this fences what the room would tell its members from
/// memory.
/// </summary>
/// <param name="isLeaseHeldSince">Whether the host's lease was held without a gap since a timestamp.</param>
/// <param name="ownedAt">A timestamp from before the claim of the room.</param>
internal sealed class WriteFence(Func<long, bool> isLeaseHeldSince, long ownedAt)
{
    private long _ownedAt = ownedAt;

    /// <summary>
    /// False if another host may have got the room, because the lease was not held all the time since the last confirmation.
    /// </summary>
    public bool IsOwned => isLeaseHeldSince(Volatile.Read(ref _ownedAt));

    /// <summary>Whether the room is about to move: messages and joins wait. Only the room's turn changes it.</summary>
    public bool IsPaused { get; set; }

    public bool CanWrite => !IsPaused && IsOwned;

    /// <summary>The directory confirmed that the room is this host's.</summary>
    /// <param name="confirmedAt">A timestamp from before the directory was read.</param>
    public void Confirm(long confirmedAt) => Volatile.Write(ref _ownedAt, confirmedAt);
}
