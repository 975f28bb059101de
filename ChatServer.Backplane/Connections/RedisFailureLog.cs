using System.Net.Sockets;
using ChatServer.Settings;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Logs why Redis cannot be used (connection refused, wrong password, untrusted certificate), and when it can be used again; and that it
/// refuses commands (no memory, no permission, read-only), once a minute for as long as it does. The library logs each attempt to
/// connect, several per second; its own category is therefore off. May be called from any thread.
/// </summary>
public sealed partial class RedisFailureLog(ILoggerFactory loggers, TimeProvider time)
{
    // A server that fails now and then does not fill the log.
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private const string NoAnswer = "it does not answer in time";

    private readonly ILogger _logger = loggers.CreateLogger(OperatorLog.Category);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _loggedAt = [];
    private volatile bool _hasFailed;

    /// <summary>Logs the cause of a failed call, unless it was logged within the last minute.</summary>
    internal void ReportFailure(Exception error)
    {
        var cause = CauseOf(error);
        // A refused command does not end with the success of another one: reads succeed while writes are refused.
        var isRefusal = error is RedisServerException;
        lock (_gate)
        {
            if (_loggedAt.TryGetValue(cause, out var at) && time.GetElapsedTime(at) < RepeatInterval) return;
            _loggedAt[cause] = time.GetTimestamp();
            _hasFailed |= !isRefusal;
        }
        if (isRefusal)
            Log.Refused(_logger, cause);
        else
            Log.Failed(_logger, cause);
    }

    /// <summary>Logs the end of a failure that was logged.</summary>
    internal void ReportSuccess()
    {
        if (!_hasFailed) return;
        lock (_gate)
        {
            if (!_hasFailed) return;
            _hasFailed = false;
        }
        Log.Restored(_logger);
    }

    // The innermost exception states the cause; the outer ones describe the state of the library and differ from call to call. None
    // contains the password.
    private static string CauseOf(Exception error)
    {
        if (error is RedisTimeoutException or TaskCanceledException) return NoAnswer;
        while (error.InnerException is { } inner) error = inner;
        // The library cancels an attempt to connect that takes too long.
        if (error is SocketException { SocketErrorCode: SocketError.OperationAborted }) return NoAnswer;
        // An error inside a script ends with the hash of the script and the line.
        return error.Message.Split('\n')[0].Split(" script: ")[0].Trim().TrimEnd('.');
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message =
            "Redis cannot be used: {Cause}. Retrying; check ConnectionStrings__redis and the Redis server.")]
        public static partial void Failed(ILogger logger, string cause);

        [LoggerMessage(Level = LogLevel.Error, Message =
            "Redis refuses a command: {Cause}. Calls that need it fail until the cause is removed.")]
        public static partial void Refused(ILogger logger, string cause);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis can be used again.")]
        public static partial void Restored(ILogger logger);
    }
}
