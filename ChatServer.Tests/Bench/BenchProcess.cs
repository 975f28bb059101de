using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Bench;

/// <summary>Runs ChatServer.Bench as a process.</summary>
internal static class BenchProcess
{
    /// <summary>Time limit of a run: its arguments determine its duration, and the machine may be busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it; returns its exit code and its output.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunAsync(Patience, arguments);

    /// <summary>Runs it for at most <paramref name="patience"/>; returns its exit code and its output.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(TimeSpan patience, params string[] arguments)
    {
        await using var process = ServerProcess.Start(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "ChatServer.Bench.dll"), .. arguments],
            new Dictionary<string, string?> { ["KEY"] = null, ["ADMIN_KEY"] = null });
        await Eventually.Async(() => process.HasExited, patience);
        await process.WaitForExitAsync(); // and for the end of its output
        return (process.ExitCode, process.Output);
    }

    /// <summary>Runs it with <c>--json</c>; returns its exit code and its report.</summary>
    public static Task<(int ExitCode, JsonElement Report)> ReportAsync(params string[] arguments) => ReportAsync(Patience, arguments);

    /// <summary>The same, for at most <paramref name="patience"/>.</summary>
    public static async Task<(int ExitCode, JsonElement Report)> ReportAsync(TimeSpan patience, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(patience, [.. arguments, "--json"]);
        Assert.True(output.StartsWith('{'), output);
        return (exitCode, JsonSerializer.Deserialize<JsonElement>(output));
    }
}
