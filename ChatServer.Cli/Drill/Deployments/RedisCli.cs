using System.Diagnostics;
using System.Globalization;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>Sends commands to Redis servers on this machine with <c>redis-cli</c>.</summary>
/// <param name="program">Path of <c>redis-server</c>; <c>redis-cli</c> is beside it.</param>
internal sealed class RedisCli(string program)
{
    /// <summary>Sends a command to the server at a port, and returns its answer, one element a line.</summary>
    /// <exception cref="CliException">The server cannot be reached, or refuses the command.</exception>
    public Task<string> SendAsync(int port, CancellationToken ct, params IEnumerable<string> command) =>
        RunAsync(["-e", "-p", port.ToString(CultureInfo.InvariantCulture), .. command], ct);

    /// <summary>Runs <c>redis-cli</c> and returns its output.</summary>
    /// <exception cref="CliException">Its exit code is not 0.</exception>
    public async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Path.Combine(Path.GetDirectoryName(program)!, "redis-cli"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(ct);
        var output = (await process.StandardOutput.ReadToEndAsync(ct)).TrimEnd();
        var error = (await errors).TrimEnd();
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0
            ? output
            : throw new CliException($"redis-cli failed: {(error.Length > 0 ? error : output).Split('\n')[^1]}");
    }
}
