namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Whether the room may write now. Redis fences a host that lost the room, but not the memory of one that was paused or cut off: what
/// it would tell its members there is no longer the room's to say.
/// </summary>
internal sealed partial class Room
{
    /// <summary>False when another host may have been given the room since it was seen to be ours, because the lease was not held all the time.</summary>
    public bool IsOwned => _isHeldSince(Volatile.Read(ref _seenAt));

    private bool CanWrite => !_paused && IsOwned;

    /// <summary>The directory said that the room is this host's.</summary>
    /// <param name="seenAt">A timestamp from before it was asked.</param>
    public void ConfirmOwnership(long seenAt)
    {
        Volatile.Write(ref _seenAt, seenAt);
        Schedule();
    }

    /// <summary>
    /// Writes nothing more for now: what is said waits, and so does who comes. False: something is still under way to Redis after
    /// <paramref name="timeout"/>, and the room goes on.
    /// </summary>
    public async Task<bool> PauseAsync(TimeSpan timeout)
    {
        Post(() => _paused = true);
        if (await WaitUntilAsync(() => !_sequencer.IsAppending && AreSeatsSaved, timeout))
            return true;
        Unpause();
        return false;
    }

    /// <summary>Ends a pause.</summary>
    public void Unpause() => Post(() =>
    {
        _paused = false;
        JoinHeldArrivals();
    });
}
