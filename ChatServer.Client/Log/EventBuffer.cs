using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatServer.Client.Log;

/// <summary>
/// Events between the connection and the reader, at most <paramref name="capacity"/>. If it is full, the connection waits, so the room
/// detects a slow client. The connection must not wait if there is no reader, or if the reader waits for an acknowledgement that arrives
/// after the events (<paramref name="isAwaited"/>). The buffer then discards events, so that the connection can receive the
/// acknowledgements, until half of it is read; <paramref name="caughtUp"/> then requests the discarded events with a resume.
/// </summary>
internal sealed class EventBuffer(int capacity, Func<bool> isAwaited, Action caughtUp)
{
    private readonly Lock _gate = new();
    private readonly Queue<ChatEvent> _events = new();
    private readonly Channel<bool> _arrived = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TaskCompletionSource? _spaceFreed;
    private bool _isRead, _isLagging, _isComplete;

    /// <summary>Whether the buffer discards events.</summary>
    public bool IsLagging
    {
        get
        {
            lock (_gate)
                return _isLagging;
        }
    }

    /// <summary>Adds an event; waits while the buffer is full. False: the event was discarded and must be requested again.</summary>
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

    /// <summary>Adds an event that may be omitted.</summary>
    public void TryAddOrDrop(ChatEvent e)
    {
        lock (_gate)
            TryAdd(e);
    }

    /// <summary>Checks again whether to wait: a caller waits for an acknowledgement.</summary>
    public void CheckLag()
    {
        lock (_gate)
            WakeWriter();
    }

    /// <summary>A connection begins with the events after the last one that was added.</summary>
    public void Resume()
    {
        lock (_gate)
            _isLagging = _isLagging && _events.Count > capacity / 2;
    }

    /// <summary>
    /// Adds <paramref name="last"/>, for which there is always space, and ends the buffer. Only the first call has an effect.
    /// </summary>
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

    /// <summary>Reads until the end. One reader at a time; the next reader continues after the last event.</summary>
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
            // The buffer adds nothing while it discards events, so the condition holds once.
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
