using System.Collections.Concurrent;
using System.Diagnostics;

namespace ChatServer.Tests.Support;

/// <summary>
/// Listens to a source of its own and to <paramref name="sources"/> in this process, and records every span of them. Other tests of this
/// process may cause spans too: look for those of a trace.
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

    /// <summary>The source of its own.</summary>
    public ActivitySource Source => _source;

    /// <summary>The spans that have ended.</summary>
    public IReadOnlyCollection<Activity> Ended => _ended;

    /// <summary>Starts a trace, and makes its root the current span until that is disposed.</summary>
    public Activity StartRoot() => _source.StartActivity("root", ActivityKind.Internal, parentContext: default)!;

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }
}
