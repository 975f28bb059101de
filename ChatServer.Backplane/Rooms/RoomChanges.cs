using System.Collections.Concurrent;
using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Rooms;

/// <summary>Receives notifications that rooms were opened, refused or deleted. They carry no facts: the directory has them.</summary>
public sealed class RoomChanges(BackplaneConnection connection, TaskScheduler scheduler, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, RoomWatch> _watches = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _loop;

    /// <summary>A room changed. Handlers receive its name and must not block.</summary>
    public event Action<string>? RoomChanged;

    /// <summary>Notifications may have been missed: raised at each subscription, the first included. Handlers must not block.</summary>
    public event Action? ChangesMissed;

    /// <summary>Subscribes. Before this call no event is raised and no watch is signalled. Later calls have no effect.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _loop ??= RedisSubscription.Start(
                connection, RedisNames.RoomChanged, OnSubscribed, payload => OnChanged(payload!), scheduler, time, _stop.Token);
        }
    }

    /// <summary>Subscribes if necessary, and watches one room until the watch is disposed.</summary>
    internal RoomWatch Watch(string room)
    {
        Start();
        for (; ; )
        {
            var watch = _watches.GetOrAdd(room, static (name, all) => new RoomWatch(name, all), _watches);
            if (watch.TryEnter())
                return watch;
        }
    }

    private void OnChanged(string room)
    {
        if (_watches.TryGetValue(room, out var watch))
            watch.Signal();
        RoomChanged?.Invoke(room);
    }

    private void OnSubscribed()
    {
        foreach (var watch in _watches.Values)
            watch.Signal();
        ChangesMissed?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_loop is not null)
            await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}

/// <summary>
/// Counts the changes of one room, for all callers that wait for it: read <see cref="Version"/>, read the directory, then wait for another
/// version. A change between these steps is not missed.
/// </summary>
/// <param name="room">The name of the room.</param>
/// <param name="all">All watches by room. This watch removes itself when its last watcher disposes it.</param>
internal sealed class RoomWatch(string room, ConcurrentDictionary<string, RoomWatch> all) : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();
    private int _watchers;
    private bool _ended;

    /// <summary>The number of changes so far.</summary>
    public int Version { get; private set; }

    /// <summary>Adds a watcher. Returns false if the last watcher has left: then another watch is needed.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (!_ended)
                _watchers++;
            return !_ended;
        }
    }

    /// <summary>Counts a change and wakes the waiting callers.</summary>
    public void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            Version++;
            changed = _changed;
            _changed = New();
        }
        changed.SetResult();
    }

    /// <summary>Waits until the version differs from <paramref name="seenVersion"/>, at most <paramref name="timeout"/>.</summary>
    public async Task WaitAsync(int seenVersion, TimeSpan timeout, TimeProvider time, CancellationToken ct)
    {
        Task changed;
        lock (_gate)
        {
            if (Version != seenVersion)
                return;
            changed = _changed.Task;
        }
        try
        {
            await changed.WaitAsync(timeout, time, ct);
        }
        catch (TimeoutException)
        {
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (--_watchers > 0)
                return;
            _ended = true;
        }
        all.TryRemove(KeyValuePair.Create(room, this));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
