using ChatServer.Backplane.Connections;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Runs work that is repeated if it fails: a failure is logged and does not end the loop that the work is part of.</summary>
internal sealed partial class PeriodicTasks(ILogger<PeriodicTasks> logger)
{
    /// <summary>
    /// Runs <paramref name="work"/>. Returns false if it failed or was cancelled. An unavailable Redis is not logged, because every task
    /// fails then.
    /// </summary>
    public async Task<bool> TryAsync(string task, Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            return false;
        }
        catch (Exception e)
        {
            Log.PeriodicTaskFailed(logger, task, e);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Periodic task {Task} failed; retrying.")]
        public static partial void PeriodicTaskFailed(ILogger logger, string task, Exception exception);
    }
}
