using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatServer.Client;

/// <summary>
/// Events between the connection and who reads them: never more than <paramref name="capacity"/>. When it is full, the connection
/// waits, so the room notices that we lag. It must not wait if nobody reads, or if the reader itself waits for an acknowledgement
/// that is behind the events (<paramref name="isAwaited"/>): then the buffer lags. It takes nothing more, so that the connection can be
/// read on for the acknowledgements, until half of it is read; <paramref name="caughtUp"/> then has the rest fetched by a resume.
/// </summary>
internal sealed class EventBuffer(int capacity, Func<bool> isAwaited, Action caughtUp)
{
    private readonly Lock _gate = new();
    private readonly Queue<ChatEvent> _events = new();
    private readonly Channel<bool> _arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TaskCompletionSource? _spaceFreed;
    private bool _isRead, _isLagging, _isComplete;

    /// <summary>Whether events are being passed over.</summary>
    public bool IsLagging
    {
        get
        {
            lock (_gate)
                return _isLagging;
        }
    }

    /// <summary>Hands an event over, waiting for room. False: it was not taken, and must be fetched later.</summary>
    public async ValueTask<bool> AddAsync(ChatEvent e, CancellationToken ct)
    {
        for (; ; )
        {
            Task room;
            lock (_gate)
            {
                if (TryAdd(e))
                    return true;
                _isLagging = !_isComplete && (_isLagging || !_isRead || isAwaited());
                if (_isLagging || _isComplete)
                    return false;
                room = (_spaceFreed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await room.WaitAsync(ct);
        }
    }

    /// <summary>Hands an event over that may be left out.</summary>
    public void TryAddOrDrop(ChatEvent e)
    {
        lock (_gate)
            TryAdd(e);
    }

    /// <summary>The reason to wait for room may be gone: somebody waits for an acknowledgement.</summary>
    public void CheckLag()
    {
        lock (_gate)
            WakeWriter();
    }

    /// <summary>A connection begins, with everything after the last event that was taken.</summary>
    public void Resume()
    {
        lock (_gate)
            _isLagging = _isLagging && _events.Count > capacity / 2;
    }

    /// <summary>Nothing follows but <paramref name="last"/>, for which there is always room. Only the first end counts.</summary>
    public void Complete(params ReadOnlySpan<ChatEvent> last)
    {
        lock (_gate)
        {
            if (_isComplete)
                return;
            foreach (var e in last)
                _events.Enqueue(e);
            _isComplete = true;
            _isLagging = false;
            WakeWriter();
        }
        _arrived.Writer.TryWrite(true);
    }

    /// <summary>Reads until the end. One reader at a time; another one may go on where it stopped.</summary>
    public async IAsyncEnumerable<ChatEvent> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        lock (_gate)
        {
            if (_isRead)
                throw new InvalidOperationException("The events of a room have one reader at a time.");
            _isRead = true;
        }
        try
        {
            for (; ; )
            {
                ct.ThrowIfCancellationRequested();
                if (TryTake(out var e, out var isComplete))
                    yield return e;
                else if (isComplete)
                    break;
                else
                    await _arrived.Reader.ReadAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
            {
                _isRead = false;
                WakeWriter();
            }
        }
    }

    // Under the gate.
    private bool TryAdd(ChatEvent e)
    {
        if (_isLagging || _isComplete || _events.Count >= capacity)
            return false;
        _events.Enqueue(e);
        _arrived.Writer.TryWrite(true);
        return true;
    }

    private bool TryTake([NotNullWhen(true)] out ChatEvent? e, out bool isComplete)
    {
        bool hasCaughtUp;
        lock (_gate)
        {
            isComplete = _isComplete;
            if (!_events.TryDequeue(out e))
                return false;
            // While it lags nothing is added, so this holds once.
            hasCaughtUp = _isLagging && _events.Count == capacity / 2;
            WakeWriter();
        }
        if (hasCaughtUp)
            caughtUp();
        return true;
    }

    // Under the gate.
    private void WakeWriter()
    {
        _spaceFreed?.SetResult();
        _spaceFreed = null;
    }
}
