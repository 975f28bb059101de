using System.Collections.Concurrent;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Makes the rooms that are open here the rooms that should be: whatever the reason to look at a room (a nudge, a missed nudge, the
/// regular round), looking compares the directory with the table and does what is missing. Looks at one room never overlap.
/// </summary>
internal sealed partial class RoomKeeper(
    RoomHostOptions options, PortPool ports, RoomDirectory directory, RoomOwnership ownership, RoomLog log, TimeProvider time, ILogger<RoomKeeper> logger) : IDisposable
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    // Looks that wait for Redis at a time; more would only queue up there.
    private const int MaxLooks = 64;

    private readonly ConcurrentDictionary<string, RoomDoor> _doors = new();
    private readonly RoomLooks _looks = new(MaxLooks);
    private readonly byte[] _limits = Events.WelcomeLimits(options);
    private int _open;
    private volatile bool _stopping;
    private volatile string? _generation;

    /// <summary>The rooms that are ready.</summary>
    public IEnumerable<Room> Rooms => _doors.Values.Select(d => d.Room).OfType<Room>();

    /// <summary>Rooms open or about to be.</summary>
    public int Count => _open;

    /// <summary>The room of that name, if it is ready here.</summary>
    public Room? Find(string name) => _doors.TryGetValue(name, out var door) ? door.Room : null;

    /// <summary>Has the room looked at, soon.</summary>
    public void Look(string name) => _looks.Request(name, LookAsync);

    /// <summary>Has every room looked at that should be open here, or is.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task LookAtAllAsync()
    {
        var wanted = (await ownership.WantedAsync(options.HostId)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in wanted.Where(n => Find(n) is null))
            Look(name);
        foreach (var name in _doors.Keys.Where(n => !wanted.Contains(n)))
            Look(name);
    }

    /// <summary>Looks at every room that was opened before Redis lost its data; true when there is one.</summary>
    /// <param name="generation">Redis' memory as it is now.</param>
    public bool LookAfterLoss(string generation)
    {
        _generation = generation;
        var lost = _doors.Values.Where(d => d.Generation is not null && d.Generation != generation).ToList();
        foreach (var door in lost)
            Look(door.Name);
        return lost.Count > 0;
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
        try
        {
            var record = await directory.FindAsync(name);
            _doors.TryGetValue(name, out var door);
            if (record is null && door is not null && await RestoreAsync(door))
                Look(name);
            else if (record is null || record.HostId != options.HostId)
                await LeaveAsync(name, door, isGone: record is null);
            else if (record.State == RoomState.Closing)
                await DeleteAsync(name, door);
            else if (door?.Room is not { } room)
                await OpenAsync(record, door);
            else if (room.Record.Term != record.Term)
                await ReopenAsync(door, newEpoch: false);
        }
        catch (BackplaneUnavailableException)
        {
            // What is to be done stays written in Redis: the next round finds it.
            Log.LookPutOff(logger, name);
        }
    }

    private async Task OpenAsync(RoomRecord record, RoomDoor? door)
    {
        if (door is null && !TryMakeDoor(record, out door))
        {
            Log.Refused(logger, record.Name);
            await ownership.RefuseAsync(record.Name, options.HostId);
            return;
        }
        await ClaimAsync(door, newEpoch: false);
    }

    private bool TryMakeDoor(RoomRecord record, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RoomDoor? door)
    {
        door = null;
        if (_stopping)
            return false;
        if (Interlocked.Increment(ref _open) <= options.MaxRooms)
        {
            var candidate = new RoomDoor(record.Name);
            if (ports.Open(candidate, record.Port) is { } port)
            {
                candidate.Port = port;
                door = _doors[record.Name] = candidate;
                return true;
            }
        }
        Interlocked.Decrement(ref _open);
        return false;
    }

    // The port accepts before the claim says so. Who has claimed reads the log's tail; nobody else can write to it any more.
    private async Task ClaimAsync(RoomDoor door, bool newEpoch)
    {
        try
        {
            var record = await ownership.ClaimAsync(door.Name, options.HostId, options.Address, door.Port, newEpoch);
            if (record is null)
            {
                await RetireAsync(door, CloseCodes.GoingAway, "moved", reconnect: true);
                return;
            }
            var durable = record.Options.Durability == Durability.Redis ? new DurableLog(log, record, time) : null;
            var tail = durable is null || record.Seq == 0 ? null : await durable.ReadTailAsync(Math.Max(1, record.Options.History));
            var room = new Room(record, tail, durable, options, _limits, time);
            room.Lost += OnLost;
            door.Generation = _generation;
            door.Open(room);
            Log.Opened(logger, door.Name, door.Port, record.Term);
        }
        catch (BackplaneUnavailableException)
        {
            // Claiming again is safe; until then, who comes waits at the door.
            _ = Task.Delay(Retry, time).ContinueWith(_ => Look(door.Name), TaskScheduler.Default);
            throw;
        }
    }

    // The room behind the door is no longer what the directory says. Members are sent away to come back, and wait at the door.
    private async Task ReopenAsync(RoomDoor door, bool newEpoch)
    {
        var old = door.Room;
        door.Hold();
        if (old is not null)
            await CloseAsync(old, CloseCodes.GoingAway, "reopened", reconnect: true);
        await ClaimAsync(door, newEpoch);
    }

    // A room that is gone was deleted, or forgotten: Redis says that its memory is another than when the room was opened. Then the
    // room is put back, and its members come back into an empty log of a new epoch.
    private async Task<bool> RestoreAsync(RoomDoor door)
    {
        var generation = await ownership.GenerationAsync();
        if (door.Room is not { } room || door.Generation is null || door.Generation == generation)
            return false;
        await ownership.RestoreAsync(room.Record with { Port = door.Port });
        door.Generation = generation;
        return true;
    }

    private async Task LeaveAsync(string name, RoomDoor? door, bool isGone)
    {
        if (door is not null)
            await (isGone
                ? RetireAsync(door, CloseCodes.RoomClosed, "room-closed", reconnect: false)
                : RetireAsync(door, CloseCodes.GoingAway, "moved", reconnect: true));
        await ownership.ForgetAsync(name, options.HostId);
    }

    private async Task DeleteAsync(string name, RoomDoor? door)
    {
        if (door is not null)
            await RetireAsync(door, CloseCodes.RoomClosed, "room-closed", reconnect: false);
        await ownership.DeleteAsync(name, options.HostId);
        Log.Deleted(logger, name);
    }

    private async Task RetireAsync(RoomDoor door, ushort code, string reason, bool reconnect)
    {
        var room = door.Room;
        door.Open(null);
        if (room is not null)
            await CloseAsync(room, code, reason, reconnect);
        if (!_doors.TryRemove(KeyValuePair.Create(door.Name, door)))
            return;
        ports.Close(door.Port);
        Interlocked.Decrement(ref _open);
    }

    private async Task CloseAsync(Room room, ushort code, string reason, bool reconnect)
    {
        room.Lost -= OnLost;
        await room.FlushAsync(ClosePatience);
        await room.CloseAsync(code, reason, reconnect, ClosePatience);
        await room.DisposeAsync();
    }

    private void OnLost(Room room, AppendResult why)
    {
        Log.Lost(logger, room.Record.Name, why);
        if (why == AppendResult.Diverged && _doors.TryGetValue(room.Record.Name, out var door))
            _looks.Request(door.Name, _ => ReopenAsync(door, newEpoch: true));
        else
            Look(room.Record.Name);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} is open on port {Port} under term {Term}.")]
        public static partial void Opened(ILogger logger, string room, int port, long term);

        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} was shut down and deleted.")]
        public static partial void Deleted(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Room {Room} was refused: no port or no room left.")]
        public static partial void Refused(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The log of room {Room} does not take this host's word: {Why}.")]
        public static partial void Lost(ILogger logger, string room, AppendResult why);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Looking at room {Room} has to wait for Redis.")]
        public static partial void LookPutOff(ILogger logger, string room);
    }
}
