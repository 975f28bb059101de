using System.ComponentModel;
using System.Diagnostics;

namespace ChatServer.LocalHosting.Runner;

/// <summary>What to start.</summary>
/// <param name="Program">The executable.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Folder">Its current folder.</param>
/// <param name="Environment">Variables on top of ours; a null takes one away.</param>
internal sealed record Launch(
    string Program, IReadOnlyList<string> Arguments, string Folder, IReadOnlyDictionary<string, string?> Environment);

/// <summary>A process whose standard input means "go on" for as long as we hold it open (<see cref="StartupHook"/>).</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _ended;

    private ChildProcess(Process process) => (_process, _ended) = (process, process.WaitForExitAsync());

    public int Id => _process.Id;

    /// <summary>Starts it.</summary>
    /// <param name="launch">What.</param>
    /// <param name="line">Takes each line that it writes, and whether it was to standard error. From several threads.</param>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(Launch launch, Action<string, bool> line)
    {
        var start = new ProcessStartInfo(launch.Program, launch.Arguments)
        {
            WorkingDirectory = launch.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        foreach (var (name, value) in launch.Environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Tell(e.Data, isError: false);
        process.ErrorDataReceived += (_, e) => Tell(e.Data, isError: true);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process);

        void Tell(string? text, bool isError)
        {
            if (text is not null) line(text, isError);
        }
    }

    /// <summary>Waits for its end, and for the last line it wrote. Gives the exit code.</summary>
    public async Task<int> WaitAsync(CancellationToken cancellationToken = default)
    {
        await _ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end; kills it, with what it started, when it takes longer than <paramref name="patience"/>. Gives the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan patience, TimeProvider time)
    {
        _process.StandardInput.Close();
        try
        {
            await _ended.WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Kill();
        }
        return await WaitAsync().ConfigureAwait(false);
    }

    /// <summary>At once, without a chance to say goodbye.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    public void Dispose() => _process.Dispose();
}
