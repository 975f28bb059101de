using System.Collections.Concurrent;

namespace ChatServer.Backplane;

/// <summary>Word that rooms opened, moved or closed. A hint only: the directory is the truth.</summary>
public sealed class RoomChanges(BackplaneConnection connection, TaskScheduler scheduler, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, RoomWatch> _watches = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _loop;

    /// <summary>A room changed; handlers must not block.</summary>
    public event Action<string>? RoomChanged;

    /// <summary>Changes may have been missed (the first subscription counts): forget what you know.</summary>
    public event Action? ChangesMissed;

    /// <summary>Begins to listen; without it neither events nor watches hear anything. May be called again.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _loop ??= RedisSubscription.Start(
                connection, RedisNames.RoomChanged, OnSubscribed, payload => OnChanged(payload!), scheduler, time, _stop.Token);
        }
    }

    /// <summary>Watches one room, until disposed.</summary>
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
/// The changes of one room, counted, for all who wait for it: read <see cref="Version"/>, look at the directory, then wait for
/// a version other than the one read. Nothing that happens in between is missed.
/// </summary>
internal sealed class RoomWatch(string room, ConcurrentDictionary<string, RoomWatch> all) : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();
    private int _watchers;
    private bool _ended;

    public int Version { get; private set; }

    public bool TryEnter()
    {
        lock (_gate)
        {
            if (!_ended)
                _watchers++;
            return !_ended;
        }
    }

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

    /// <summary>Waits until the version is no longer <paramref name="seenVersion"/>, at most <paramref name="timeout"/>.</summary>
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
