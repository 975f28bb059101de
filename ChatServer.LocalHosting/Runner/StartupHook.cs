using System.Diagnostics;
using System.Runtime.InteropServices;

/// <summary>
/// Runs inside every process that the runner starts, before its Main: .NET loads this assembly by <c>DOTNET_STARTUP_HOOKS</c> and
/// looks for a class of this name, in no namespace. The process' standard input is a pipe whose other end the runner holds. Its end
/// means stop, whether the runner closed it or was killed; so nothing is left behind, and the services know nothing of it.
/// </summary>
internal static class StartupHook
{
    public const string Variable = "DOTNET_STARTUP_HOOKS";

    /// <summary>A RoomHost takes up to 20 s to say goodbye to its members. What has not ended by then never would.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int Sigterm = 15;

    public static void Initialize()
    {
        // We are the first in the list (ProcessEnvironment), and not for processes that this one may start.
        var hooks = Environment.GetEnvironmentVariable(Variable)!.Split(Path.PathSeparator);
        Environment.SetEnvironmentVariable(Variable, hooks.Length > 1 ? string.Join(Path.PathSeparator, hooks[1..]) : null);
        // Ctrl+C goes to all processes of the terminal's group at once; the runner alone is to hear it, and stops the others in order.
        if (!OperatingSystem.IsWindows())
            _ = setpgid(0, 0);
        new Thread(StopWithRunner) { IsBackground = true, Name = "runner's pipe" }.Start();
    }

    private static void StopWithRunner()
    {
        using (var pipe = Console.OpenStandardInput())
        {
            Span<byte> ignored = stackalloc byte[16];
            while (pipe.Read(ignored) > 0)
            {
            }
        }
        // As an operator would, so that the service ends in order. Windows has no signal that one process alone gets.
        if (OperatingSystem.IsWindows())
            Environment.Exit(0);
        _ = kill(Environment.ProcessId, Sigterm);
        Thread.Sleep(Patience);
        Process.GetCurrentProcess().Kill();
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setpgid(int pid, int group);
}
