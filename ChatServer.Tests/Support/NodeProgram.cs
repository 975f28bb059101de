using System.Diagnostics;

namespace ChatServer.Tests.Support;

/// <summary>The installed Node.js, or the one in Playwright's package, so that no test is skipped because Node.js is missing.</summary>
internal static class NodeProgram
{
    /// <summary>Node 20 provides <c>WebSocket</c> only with this option; later versions accept the option without effect.</summary>
    public const string WithWebSocket = "--experimental-websocket";

    public static string Path { get; } =
        OptionalProgram.Find(OptionalProgram.Node)
        ?? Directory.GetFiles(
            System.IO.Path.Combine(AppContext.BaseDirectory, ".playwright", "node"), "node", SearchOption.AllDirectories)[0];

    /// <summary>Runs Node.js, asserts that it exits with code 0, and returns its standard output.</summary>
    public static async Task<string> RunAsync(string folder, TimeSpan timeout, params string[] arguments)
    {
        using var node = Process.Start(new ProcessStartInfo(Path, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            var (output, errors) = (node.StandardOutput.ReadToEndAsync(limit.Token), node.StandardError.ReadToEndAsync(limit.Token));
            await node.WaitForExitAsync(limit.Token);
            Assert.True(node.ExitCode == 0, await errors);
            return await output;
        }
        finally
        {
            if (!node.HasExited) node.Kill();
        }
    }
}
