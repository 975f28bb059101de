using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Gives rooms to other hosts: rooms that are open here and move away, and rooms that this host cannot open.</summary>
internal sealed partial class RoomMover(
    RoomHostOptions options, HostSurvey hosts, RoomOwnership ownership, RoomPlacement placement, RoomOpener opener,
    TimeProvider time, ILogger<RoomMover> logger)
{
    // A batch that takes longer waits for Redis, and the move would wait for it too.
    private static readonly TimeSpan PauseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Moves an open room if another host can take it. The room stops writing, the other host opens it, and then the members are told to
    /// reconnect. Messages that arrive in between are not acknowledged, so clients send them again.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task HandOverAsync(RoomSlot slot, Room room)
    {
        if (!await hosts.CanTakeAsync(new HashSet<string> { options.HostId }, room.Record.Version))
            return;
        var pausedAt = time.GetTimestamp();
        if (!await room.PauseAsync(PauseTimeout))
            return;
        RoomRecord? moved = null;
        try
        {
            moved = await placement.ReopenAsync(slot.Name, room.Record.Term, ReassignmentReason.Moved, CancellationToken.None);
        }
        finally
        {
            if (moved is null)
                room.Unpause();
            RoomMetrics.MoveDuration.Record(time.GetElapsedTime(pausedAt).TotalSeconds);
            RoomMetrics.Moves.Add(moved is null ? "kept" : "moved");
        }
        if (moved is null)
            return;
        Log.RoomHandedOver(logger, slot.Name, moved.HostId, moved.Term);
        await opener.CloseAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true);
    }

    /// <summary>Refuses a room that this host cannot open, so that placement assigns it to another host.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task RefuseAsync(RoomRecord record)
    {
        Log.RoomRefused(logger, record.Name);
        await ownership.RefuseAsync(record.Name, options.HostId);
        // The creator of a new room waits and places it elsewhere. Nobody waits for a room that an earlier process of this host had open.
        if (record.State == RoomState.Open)
            await placement.ReopenAsync(record.Name, record.Term, ReassignmentReason.Refused, CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} moved to host {Host} with term {Term}.")]
        public static partial void RoomHandedOver(ILogger logger, string room, string host, long term);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Room {Room} refused: no free port, MAX_ROOMS are open, or a newer version wrote it.")]
        public static partial void RoomRefused(ILogger logger, string room);
    }
}
