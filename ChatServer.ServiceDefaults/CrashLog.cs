using System.Globalization;
using System.Text.Json;
using ChatServer.Settings;
using Microsoft.Extensions.Logging;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// Writes an unhandled exception, which ends the process, as one entry of the log. The runtime writes it to stderr in several lines, and the
/// console logger would not write it before the end of the process.
/// </summary>
internal static class CrashLog
{
    private static int _isInstalled;

    /// <summary>Covers the process from now on. A second call has no effect.</summary>
    public static void Install()
    {
        if (Interlocked.Exchange(ref _isInstalled, 1) == 0)
            AppDomain.CurrentDomain.UnhandledException += (_, crash) => Write(crash.ExceptionObject);
    }

    private static void Write(object error)
    {
        var exception = error as Exception;
        if (exception?.Data.Contains(OperatorLog.ReportedKey) == true)
            return;
        const string Format = "The process ends because of an unhandled exception: {Cause}";
        var cause = exception is null ? $"{error}" : $"{exception.GetType()}: {exception.Message}";
        var message = Format.Replace("{Cause}", cause, StringComparison.Ordinal);
        // The schema of JsonConsoleFormatter.
        Console.Out.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["Timestamp"] = DateTime.UtcNow.ToString(ConsoleLogs.TimestampFormat, CultureInfo.InvariantCulture),
            ["EventId"] = 0,
            ["LogLevel"] = nameof(LogLevel.Critical),
            ["Category"] = OperatorLog.Category,
            ["Message"] = message,
            ["Exception"] = $"{error}",
            ["State"] = new Dictionary<string, string> { ["Cause"] = cause, ["{OriginalFormat}"] = Format },
            ["Scopes"] = Array.Empty<object>(),
        }));
    }
}
