using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>
/// A process under test. It ends with the test run in any case: a shell reads a pipe from the test process and kills the process at the
/// end of the pipe.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Process _guard;
    private readonly StringBuilder _output = new();

    private ServerProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        _process = Process.Start(start)!;
        _guard = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"cat >/dev/null; kill -KILL {_process.Id}"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        _process.StandardInput.Close();
        _process.OutputDataReceived += Record;
        _process.ErrorDataReceived += Record;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    // Background jobs of a shell ignore Ctrl+C, and their children inherit this. SigIgn is a bit mask; SIGINT is its second bit.
    private static bool IgnoresInterrupt { get; } = File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1]
            is '2' or '3' or '6' or '7' or 'a' or 'b' or 'e' or 'f';

    /// <summary>
    /// Settings of the runtime for a process that lives for seconds. Instrumented code does not pay there, and neither do methods that are
    /// optimized, at their first call, as a RoomHost in production has them, or later: it starts with 0.7 s of CPU time instead of 1.2 s,
    /// and does not use another 0.3 s in the background.
    /// </summary>
    public static IReadOnlyDictionary<string, string> ShortLived { get; } = new Dictionary<string, string>
    {
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TieredCompilation"] = "1",
        ["DOTNET_TC_CallCountingDelayMs"] = "1000000", // a delay that does not end: no method is compiled again
    };

    /// <summary>Starts <paramref name="program"/>; variables with a null value are removed from its environment.</summary>
    public static ServerProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = IgnoresInterrupt
            ? new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in ShortLived) start.Environment.TryAdd(name, value);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }
        return new ServerProcess(start);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The exit code; valid after the exit.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The output so far, of stdout and stderr.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Sends SIGTERM and waits for the exit.</summary>
    public Task StopAsync() => EndAsync(Signal.Terminate);

    /// <summary>Sends SIGINT, as Ctrl+C does, and waits for the exit.</summary>
    public Task InterruptAsync() => EndAsync(Signal.Interrupt);

    /// <summary>
    /// Sends SIGINT to the process and its children, as a terminal does on Ctrl+C, and waits for the exit: <c>dotnet run</c> does not
    /// forward the signal.
    /// </summary>
    public Task InterruptWithChildrenAsync()
    {
        SendToChildren(Signal.Interrupt);
        return InterruptAsync();
    }

    /// <summary>Sends SIGKILL to the process and its children, and waits for the exit of the process.</summary>
    public Task KillWithChildrenAsync()
    {
        if (!HasExited) SendToChildren(Signal.Kill);
        return KillAsync();
    }

    /// <summary>Sends SIGKILL and waits for the exit.</summary>
    public Task KillAsync() => EndAsync(Signal.Kill);

    /// <summary>Sends SIGSTOP and waits until all threads are stopped. The sockets stay open.</summary>
    public async Task PauseAsync()
    {
        Send(Signal.Stop);
        await Eventually.Async(() => Directory.GetDirectories($"/proc/{Id}/task").Select(StateOf), states => states.All(s => s == 'T'));
    }

    /// <summary>Sends SIGUSR1: a process with <see cref="StartupHook"/> then fails.</summary>
    public void Fail() => Send(Signal.User1);

    /// <summary>Sends SIGCONT.</summary>
    public void Resume() => Send(Signal.Continue);

    /// <summary>Waits until it has ended by itself.</summary>
    public Task WaitForExitAsync(TimeSpan? within = null) => _process.WaitForExitAsync().WaitAsync(within ?? Eventually.Timeout);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _guard.Kill();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        _process.Dispose();
    }

    private void SendToChildren(Signal signal)
    {
        var tasks = Directory.GetDirectories($"/proc/{Id}/task");
        foreach (var child in tasks.SelectMany(task => File.ReadAllText($"{task}/children").Split(' ')))
        {
            if (int.TryParse(child, out var id)) _ = kill(id, (int)signal);
        }
    }

    private async Task EndAsync(Signal signal)
    {
        Send(signal);
        await WaitForExitAsync();
    }

    private void Send(Signal signal)
    {
        if (!_process.HasExited)
            _ = kill(_process.Id, (int)signal);
    }

    // "pid (name) S …"; the name may contain any character.
    private static char StateOf(string task)
    {
        var stat = File.ReadAllText($"{task}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    private void Record(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null)
            return;
        lock (_output)
            _output.AppendLine(e.Data);
    }

    // The numbers of Linux, on which the tests of processes run.
    private enum Signal
    {
        Interrupt = 2,
        Kill = 9,
        User1 = 10,
        Terminate = 15,
        Continue = 18,
        Stop = 19,
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
