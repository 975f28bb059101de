using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli;

/// <summary>Runs the command-line tool as a process.</summary>
internal static class CliProcess
{
    // A run of a few seconds, and the start and end of the process.
    private static readonly TimeSpan RunTimeout = 2 * Eventually.Timeout;

    /// <summary>Runs it; returns its exit code and its output.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunAsync(RunTimeout, arguments);

    /// <summary>Runs it for at most <paramref name="timeout"/>; returns its exit code and its output.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(TimeSpan timeout, params string[] arguments)
    {
        await using var process = ServerProcess.Start(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "chatserver.dll"), .. arguments],
            new Dictionary<string, string?> { ["KEY"] = null, ["ADMIN_KEY"] = null });
        await Eventually.Async(() => process.HasExited, timeout);
        await process.WaitForExitAsync(); // and for the end of its output
        return (process.ExitCode, process.Output);
    }

    /// <summary>Runs it with <c>--json</c>; returns its exit code and its report.</summary>
    public static Task<(int ExitCode, JsonElement Report)> ReportAsync(params string[] arguments) => ReportAsync(RunTimeout, arguments);

    /// <summary>The same, for at most <paramref name="timeout"/>.</summary>
    public static async Task<(int ExitCode, JsonElement Report)> ReportAsync(TimeSpan timeout, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(timeout, [.. arguments, "--json"]);
        Assert.True(output.StartsWith('{'), output);
        return (exitCode, JsonSerializer.Deserialize<JsonElement>(output));
    }
}
