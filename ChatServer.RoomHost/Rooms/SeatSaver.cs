using ChatServer.Broadcast.Turns;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Saves changes of seats to Redis, one save at a time: changes during a save are part of the next one.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SeatSaver(Presence presence, DurableSeats? seats, TurnQueue turns, CancellationToken abandoned)
{
    private Task _save = Task.CompletedTask;

    /// <summary>Whether Redis has all seats.</summary>
    public bool IsComplete => seats is null || (_save.IsCompleted && !presence.HasUnsaved);

    /// <summary>Starts to save, if there are changes.</summary>
    public void SaveChanges()
    {
        if (seats is null || !_save.IsCompleted || presence.TakeUnsaved() is not { } changes)
            return;
        _save = seats.SaveAsync(changes, abandoned);
        // Posted: a turn that is about to end has looked for changes already.
        _ = _save.ContinueWith(_ => turns.Post(static () => { }), TaskScheduler.Default);
    }
}
