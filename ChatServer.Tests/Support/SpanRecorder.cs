using System.Collections.Concurrent;
using System.Diagnostics;

namespace ChatServer.Tests.Support;

/// <summary>
/// Records every span of its own source and of the given sources in this process. Other tests of this process may also cause
/// spans: select those of one trace.
/// </summary>
public sealed class SpanRecorder : IDisposable
{
    private readonly ActivitySource _source = new($"test-{Guid.NewGuid():N}");
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    public SpanRecorder(params string[] sources)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source == _source || sources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>A source that only this recorder uses.</summary>
    public ActivitySource Source => _source;

    /// <summary>The spans that have ended.</summary>
    public IReadOnlyCollection<Activity> Ended => _ended;

    /// <summary>Starts a trace. Its root is the current span until it is disposed.</summary>
    public Activity StartRoot() => _source.StartActivity("root", ActivityKind.Internal, parentContext: default)!;

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }
}
