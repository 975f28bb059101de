using System.Diagnostics;
using System.Runtime.CompilerServices;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace ChatServer.Backplane.Connections;

/// <summary>Limits Aspire's tracing of Redis commands to those inside a recorded activity.</summary>
/// <remarks>
/// By default a command without an activity becomes a trace of its own: several per second from leases and polling, and one for each
/// append. Each is kept with its arguments until the next flush, up to 10 s later. Aspire has no filter, so its profiler is wrapped.
/// </remarks>
internal static class RedisTracing
{
    /// <summary>Returns <paramref name="connection"/>. Without tracing no profiler is registered, and this has no effect.</summary>
    public static IConnectionMultiplexer LimitToRecordedActivities(IConnectionMultiplexer connection)
    {
        if (connection is ConnectionMultiplexer multiplexer && Profiler(multiplexer) is { } profiler)
            multiplexer.RegisterProfiler(() => Activity.Current is { Recorded: true } ? profiler() : null);
        return connection;
    }

    // There is no public accessor. With a version of the library that has no such field, RedisTracingTests fails.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_profilingSessionProvider")]
    private static extern ref Func<ProfilingSession?>? Profiler(ConnectionMultiplexer multiplexer);
}
