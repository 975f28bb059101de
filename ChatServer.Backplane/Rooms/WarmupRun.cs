using System.Diagnostics;
using ChatServer.Backplane.Connections;
using Microsoft.Extensions.Logging;

namespace ChatServer.Backplane.Rooms;

/// <summary>Runs the JIT warm-up of a service, which must not prevent its start.</summary>
public static partial class WarmupRun
{
    // A warm-up takes about 500 ms on an idle machine.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs the warm-up, and cancels it after 5 seconds. A failure is logged and has one effect: the first members wait for JIT
    /// compilation.
    /// </summary>
    /// <returns>The time that it took.</returns>
    public static async Task<TimeSpan> TryAsync(Func<CancellationToken, Task> run, ILogger logger)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var since = Stopwatch.GetTimestamp();
        try
        {
            await run(timeout.Token);
        }
        catch (BackplaneUnavailableException)
        {
            Log.Skipped(logger);
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
        return Stopwatch.GetElapsedTime(since);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information,
            Message = "No JIT warm-up: Redis is unavailable. The first members wait for JIT compilation.")]
        public static partial void Skipped(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "JIT warm-up failed; the first members wait for JIT compilation.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
