using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Makes the rooms that are open here the rooms that should be: whatever the reason to look at a room (a nudge, a missed nudge, the
/// regular round), looking compares the directory with the table and does what is missing. Looks at one room never overlap; one that
/// fails is made again in the next round. This half decides; <c>RoomKeeper.Doors.cs</c> opens and closes, <c>RoomKeeper.Drain.cs</c>
/// gives away.
/// </summary>
internal sealed partial class RoomKeeper : IDisposable
{
    // Looks that wait for Redis at a time; more would only queue up there.
    private const int MaxLooks = 64;

    // Every room is looked at within so many rounds, whether or not there seems to be a reason.
    private const int RoundsForAll = 10;

    private readonly RoomHostOptions _options;
    private readonly LeaseHolder _lease;
    private readonly PortPool _ports;
    private readonly RoomDirectory _directory;
    private readonly RoomOwnership _ownership;
    private readonly RoomPlacement _placement;
    private readonly HostDirectory _hosts;
    private readonly RoomLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<RoomKeeper> _logger;
    private readonly RoomLooks _looks;
    private readonly ConcurrentDictionary<string, RoomDoor> _doors = new();
    private readonly ConcurrentDictionary<string, bool> _owed = new(); // rooms whose last look failed or was put off
    private uint _round;
    private volatile bool _stopping;
    private volatile string? _generation;

    public RoomKeeper(
        RoomHostOptions options, LeaseHolder lease, PortPool ports, RoomDirectory directory, RoomOwnership ownership, RoomPlacement placement,
        HostDirectory hosts, RoomLog log, TimeProvider time, ILogger<RoomKeeper> logger)
    {
        (_options, _lease, _ports, _directory, _ownership) = (options, lease, ports, directory, ownership);
        (_placement, _hosts, _log, _time, _logger) = (placement, hosts, log, time, logger);
        _looks = new RoomLooks(LookAsync, OnLookFailed, MaxLooks);
        _limits = Events.WelcomeLimits(options);
    }

    /// <summary>The rooms that are ready.</summary>
    public IEnumerable<Room> Rooms => _doors.Values.Select(d => d.Room).OfType<Room>();

    /// <summary>The room of that name, if it is ready here.</summary>
    public Room? Find(string name) => _doors.TryGetValue(name, out var door) ? door.Room : null;

    /// <summary>Has the room looked at, soon.</summary>
    public void Look(string name) => _looks.Request(name);

    /// <summary>
    /// A round: has the rooms looked at that should be open here and are not, or are and should not, those whose last look failed, those
    /// that Redis may have forgotten, and some of the others; all of them if nudges may have been <paramref name="missed"/>.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task LookAroundAsync(bool missed)
    {
        var generation = await _ownership.GenerationAsync();
        if (_generation is { } before && before != generation)
            Log.DataLost(_logger);
        _generation = generation;
        var wanted = (await _ownership.WantedAsync(_options.HostId)).ToHashSet(StringComparer.Ordinal);
        var part = _round++ % RoundsForAll;
        foreach (var name in wanted.Where(n => Find(n) is null))
            Look(name);
        foreach (var (name, door) in _doors)
        {
            var isDue = (uint)name.GetHashCode(StringComparison.Ordinal) % RoundsForAll == part;
            if (isDue || missed || door.Generation != generation || !wanted.Contains(name))
                Look(name);
        }
        foreach (var name in _owed.Keys)
            Look(name);
    }

    /// <summary>Closes all rooms, for good or (with <paramref name="reconnect"/>) because this host stops. Rooms are opened no more.</summary>
    public async Task StopAsync(ushort code, string reason, bool reconnect)
    {
        _stopping = true;
        await _looks.StopAsync();
        await Task.WhenAll(_doors.Values.Select(d => RetireAsync(d, code, reason, reconnect)));
    }

    public void Dispose() => _looks.Dispose();

    private async Task LookAsync(string name)
    {
        if (!_lease.IsHeld)
        {
            _owed[name] = true;
            return;
        }
        _owed.TryRemove(name, out _);
        var seenAt = _time.GetTimestamp();
        // Asked for before the room: a room that is there now is in this memory, or in a newer one, which the next round finds out.
        var generation = _generation ??= await _ownership.GenerationAsync();
        var record = await _directory.FindAsync(name);
        _doors.TryGetValue(name, out var door);
        using var span = StartSpan(record, door);
        if (record is null && door is not null && await RestoreAsync(door))
            Look(name);
        else if (record is null || record.HostId != _options.HostId)
            await LeaveAsync(name, door, isGone: record is null);
        else if (record.State == RoomState.Closing)
            await DeleteAsync(name, door);
        else if (door is null)
            await OpenAsync(record, generation);
        else if (door.Room is not { } room)
            await ClaimAsync(door, generation);
        else if (room.Record.Term != record.Term || room.Loss is not null)
            await ReopenAsync(door, room, record, generation);
        else
        {
            door.Generation = generation;
            room.Confirm(seenAt);
            if (IsDraining)
                await HandOverAsync(door, room);
        }
    }

    // The span of what a look does for an order that was traced. The order travels in the room's record: the nudge may have been missed.
    private Activity? StartSpan(RoomRecord? record, RoomDoor? door)
    {
        if (record?.Traceparent is null)
            return null;
        var isOurs = record.HostId == _options.HostId;
        var name = !isOurs && door is not null ? "room.leave"
            : isOurs && record.State == RoomState.Closing ? "room.close"
            : isOurs && door?.Room?.Record.Term != record.Term ? "room.open"
            : null;
        return name is null ? null : Tracing.Source.StartChild(name, record.Traceparent)?.SetTag("chat.room", record.Name);
    }

    private void OnLookFailed(string name, Exception why)
    {
        _owed[name] = true;
        if (why is BackplaneUnavailableException)
            Log.LookPutOff(_logger, name);
        else
            Log.LookFailed(_logger, name, why);
    }

    // In the room's turn.
    private void OnLost(Room room)
    {
        Log.Lost(_logger, room.Record.Name, room.Loss!.Answer, room.Loss.Error);
        Look(room.Record.Name);
    }

    // A room that is gone was deleted, or forgotten: Redis says that its memory is another than when the room was last seen there. Then
    // it is put back, unless somebody was quicker, and the next look opens it anew: its members come back into an empty log.
    private async Task<bool> RestoreAsync(RoomDoor door)
    {
        if (door.Record is not { } record || door.Generation is null || door.Generation == await _ownership.GenerationAsync())
            return false;
        await _ownership.RestoreAsync(record with { Port = door.Port });
        return true;
    }

    private async Task LeaveAsync(string name, RoomDoor? door, bool isGone)
    {
        if (door is not null)
            await (isGone
                ? RetireAsync(door, CloseCodes.RoomClosed, "room-closed", reconnect: false)
                : RetireAsync(door, CloseCodes.GoingAway, "moved", reconnect: true));
        await _ownership.ForgetAsync(name, _options.HostId);
    }

    private async Task DeleteAsync(string name, RoomDoor? door)
    {
        if (door is not null)
            await RetireAsync(door, CloseCodes.RoomClosed, "room-closed", reconnect: false);
        await _ownership.DeleteAsync(name, _options.HostId);
        Log.Deleted(_logger, name);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} is open on port {Port} under term {Term}.")]
        public static partial void Opened(ILogger logger, string room, int port, long term);

        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} was shut down and deleted.")]
        public static partial void Deleted(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} was handed over to host {Host} under term {Term}.")]
        public static partial void HandedOver(ILogger logger, string room, string host, long term);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Room {Room} was refused: no port or no room left.")]
        public static partial void Refused(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The log of room {Room} does not take this host's word ({Answer}): the room is opened anew.")]
        public static partial void Lost(ILogger logger, string room, AppendResult? answer, Exception? error);

        [LoggerMessage(Level = LogLevel.Critical, Message = "The log of room {Room} has {Count} entries that no host wrote so, the first at {Seq}: the room opens with them.")]
        public static partial void Spoiled(ILogger logger, string room, int count, long seq);

        [LoggerMessage(Level = LogLevel.Error, Message = "Who sits in room {Room} cannot be saved: after a crash its members may have other names.")]
        public static partial void SeatsNotSaved(ILogger logger, string room, Exception why);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Looking at room {Room} has to wait for Redis.")]
        public static partial void LookPutOff(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Error, Message = "Looking at room {Room} failed; the next round tries again.")]
        public static partial void LookFailed(ILogger logger, string room, Exception why);

        [LoggerMessage(Level = LogLevel.Error, Message = "Redis has lost its data: the rooms that are open here are put back with new epochs.")]
        public static partial void DataLost(ILogger logger);
    }
}
