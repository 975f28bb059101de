using System.Collections.Concurrent;
using ChatServer.Settings;
using Microsoft.Extensions.Logging;

namespace ChatServer.Backplane;

/// <summary>Reads records of which one may be corrupt. It is left out and reported, and all others are returned.</summary>
public sealed partial class CorruptRecords(ILoggerFactory loggers)
{
    // More would mean that another program writes to this Redis; the first ones say so.
    private const int MaxReports = 100;

    private readonly ILogger _logger = loggers.CreateLogger(OperatorLog.Category);
    private readonly ConcurrentDictionary<string, bool> _reported = new();

    /// <summary>Returns the result of <paramref name="read"/>; null if the record is corrupt.</summary>
    internal async Task<T?> TryReadAsync<T>(string key, Func<Task<T?>> read) where T : class
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is CorruptRecordException || CorruptRecordException.IsCause(e))
        {
            Report(key, e);
            return null;
        }
    }

    /// <summary>Reports a key once.</summary>
    internal void Report(string key, Exception error)
    {
        if (_reported.Count < MaxReports && _reported.TryAdd(key, true)) Log.Corrupt(_logger, key, (error.InnerException ?? error).Message);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message =
            "The key {Key} in Redis is corrupt and is left out: {Reason} Shut the room down with the Admin, or delete the key.")]
        public static partial void Corrupt(ILogger logger, string key, string reason);
    }
}
