using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>
/// A real process under test. It never outlives the test run: a shell waits at the end of a pipe that we hold, and kills the
/// process when we are gone, however we went.
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

    // Tests that run in the background of a shell ignore Ctrl+C, and what they start would inherit that. SigIgn is a mask, SIGINT its second bit.
    private static bool IgnoresInterrupt { get; } = File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is '2' or '3' or '6' or '7' or 'a' or 'b' or 'e' or 'f';

    /// <summary>
    /// Settings of the runtime for a process that lives for seconds. Instrumented code does not pay there, and neither do methods that are
    /// optimized at their first call, as a RoomHost in production has them: it starts with 0.7 s of CPU time instead of 1.2 s.
    /// </summary>
    public static IReadOnlyDictionary<string, string> ShortLived { get; } = new Dictionary<string, string>
    {
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TieredCompilation"] = "1",
    };

    /// <summary>Starts <paramref name="program"/>; variables with a null value are taken away.</summary>
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

    /// <summary>Valid once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task StopAsync() => EndAsync(Signal.Terminate);

    /// <summary>SIGINT, what Ctrl+C sends, and waits for the end.</summary>
    public Task InterruptAsync() => EndAsync(Signal.Interrupt);

    /// <summary>
    /// SIGINT to the process and its children, as a terminal sends it on Ctrl+C, and waits for the end: <c>dotnet run</c> does not forward the signal.
    /// </summary>
    public Task InterruptWithChildrenAsync()
    {
        SendToChildren(Signal.Interrupt);
        return InterruptAsync();
    }

    /// <summary>SIGKILL to the process and its children, and waits for the end of the process.</summary>
    public Task KillWithChildrenAsync()
    {
        if (!HasExited) SendToChildren(Signal.Kill);
        return KillAsync();
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public Task KillAsync() => EndAsync(Signal.Kill);

    /// <summary>SIGSTOP, and waits until every thread stands still. The sockets stay open, until <see cref="Resume"/>.</summary>
    public async Task PauseAsync()
    {
        Send(Signal.Stop);
        await Eventually.Async(() => Directory.GetDirectories($"/proc/{Id}/task").Select(StateOf), states => states.All(s => s == 'T'));
    }

    /// <summary>SIGCONT.</summary>
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

    // "pid (name) S …", and the name may hold anything.
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

    // Linux's numbers; the tests of processes run there.
    private enum Signal
    {
        Interrupt = 2,
        Kill = 9,
        Terminate = 15,
        Continue = 18,
        Stop = 19,
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
