namespace ChatServer.AppHost.Restarts;

/// <summary>Decides whether a resource that stopped is started again, and after which delay. Not thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class RestartPolicy(TimeProvider time)
{
    /// <summary>The delay after the first crash; it doubles with each further one.</summary>
    public static readonly TimeSpan MinDelay = TimeSpan.FromSeconds(0.2);

    /// <summary>The longest delay: reached with the seventh crash.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);

    /// <summary>A resource that was healthy for this long starts again with <see cref="MinDelay"/>.</summary>
    public static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(1);

    private int _crashes;
    private bool _wasHealthy, _stopRequested;
    private long? _healthySince;

    /// <summary>The resource runs and all its health checks succeed.</summary>
    public void OnHealthy()
    {
        _wasHealthy = true;
        _healthySince ??= time.GetTimestamp();
    }

    /// <summary>A health check failed; the time of health starts again.</summary>
    public void OnUnhealthy() => _healthySince = null;

    /// <summary>A user stops the resource: the stop that follows is no crash.</summary>
    public void OnStopRequested() => _stopRequested = true;

    /// <summary>The delay before the restart; null if the resource is not started again.</summary>
    /// <param name="exitCode">The exit code of the process; null if it never started.</param>
    public TimeSpan? OnStopped(int? exitCode)
    {
        if (_healthySince is { } since && time.GetElapsedTime(since) >= ResetAfter) _crashes = 0;
        _healthySince = null;
        var requested = _stopRequested;
        _stopRequested = false;
        // 1 is the exit code for an invalid setting, which a restart does not correct.
        if (requested || exitCode is null or 0 || (exitCode == 1 && !_wasHealthy)) return null;
        var delay = MinDelay * Math.Pow(2, Math.Min(_crashes++, 16));
        return delay < MaxDelay ? delay : MaxDelay;
    }
}
