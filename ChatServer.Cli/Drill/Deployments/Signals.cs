using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>Sends signals by name, because their numbers differ between Linux and macOS.</summary>
internal static class Signals
{
    public const string Kill = "KILL";
    public const string Terminate = "TERM";
    public const string Stop = "STOP";
    public const string Continue = "CONT";

    /// <summary>How long a process may take to end after <see cref="Terminate"/>.</summary>
    public static readonly TimeSpan TerminateTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Sends a signal.</summary>
    /// <exception cref="CliException">The process does not exist, access is denied, or the system has no signals.</exception>
    public static async Task SendAsync(int pid, string signal, CancellationToken ct)
    {
        try
        {
            using var kill = Process.Start(new ProcessStartInfo(
                "/bin/sh", ["-c", "kill -\"$0\" \"$1\"", signal, pid.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardError = true,
            })!;
            var why = await kill.StandardError.ReadToEndAsync(ct);
            await kill.WaitForExitAsync(ct);
            if (kill.ExitCode != 0)
                throw new CliException($"Process {pid} cannot be sent {signal}: {why.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new CliException($"Faults of processes need a shell that knows kill: {e.Message}");
        }
    }
}
