using ChatServer.Backplane;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>How a room ends: in order, or because its log takes its word no more.</summary>
internal sealed partial class Room
{
    private LogLoss? _logLoss;

    /// <summary>
    /// Why the log took an append no more: the room is another's, gone, or not where it should be. Then it takes nothing more either, has
    /// closed its members with 1001, and is to be opened anew. Null while all is well.
    /// </summary>
    public LogLoss? LogLoss => Volatile.Read(ref _logLoss);

    /// <summary>Raised, in the room's turn, once <see cref="LogLoss"/> says why.</summary>
    public event Action<Room>? LogLost;

    /// <summary>
    /// Closes everyone, now and from now on, and waits until they are gone, at most <paramref name="timeout"/>; who is still there
    /// then is cut off. What was said and not yet logged is refused.
    /// </summary>
    public async Task CloseAsync(ushort code, string reason, bool reconnect, TimeSpan timeout)
    {
        Post(() => Close(code, reason, reconnect));
        try
        {
            await _lastMemberGone.Task.WaitAsync(timeout, Time);
        }
        catch (TimeoutException)
        {
            Post(() =>
            {
                for (var i = 0; i < _memberCount; i++)
                    _members[i].Abort();
            });
            await _lastMemberGone.Task;
        }
    }

    /// <summary>
    /// Waits until what was said so far is logged, and who sits here is known to Redis, at most <paramref name="timeout"/>.
    /// </summary>
    public Task FlushAsync(TimeSpan timeout) =>
        WaitUntilAsync(() => _closed is not null || !_sequencer.IsAppending && AreSeatsSaved
            && !_inbox.HasWork(batches: CanWrite), timeout);

    /// <summary>Gives up what is under way. Close it first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            _sequencer.Abandon();
            _timer?.Dispose();
            Ring.Release();
            _deflatedSubscribers?.Ring.Release();
            done.SetResult();
        });
        await done.Task;
    }

    // Looks in the room's turns, which end with every append.
    private async Task<bool> WaitUntilAsync(Func<bool> isDone, TimeSpan timeout)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (isDone())
                done.TrySetResult();
            else
                _ = Task.Delay(TimeSpan.FromMilliseconds(5), Time).ContinueWith(_ => Post(Look), TaskScheduler.Default);
        }
        Post(Look);
        try
        {
            await done.Task.WaitAsync(timeout, Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Close(ushort code, string reason, bool reconnect)
    {
        if (_closed is not null)
            return;
        _closed = (code, reason, reconnect);
        _isClosed = true;
        for (var i = 0; i < _memberCount; i++)
            _members[i].Close(code, reason, reconnect);
        JoinHeldArrivals();
        if (_memberCount == 0)
            _lastMemberGone.TrySetResult();
    }

    // What comes after the batch that was refused is numbered as if the log had it: none of it may follow.
    private void OnAppendFailed(Task<AppendResult> append)
    {
        _inbox.RefusesMessages = true;
        _sequencer.Abandon();
        Close(CloseCodes.GoingAway, "reopened", reconnect: true);
        if (append.IsCanceled)
            return;
        Volatile.Write(ref _logLoss, new LogLoss(append.IsCompletedSuccessfully ? append.Result : null, append.Exception?.InnerException));
        LogLost?.Invoke(this);
    }
}

/// <summary>Why a room's log took an append no more.</summary>
/// <param name="Result">What the log said; null when it said nothing that we know.</param>
/// <param name="Error">What happened instead.</param>
internal sealed record LogLoss(AppendResult? Result, Exception? Error);
