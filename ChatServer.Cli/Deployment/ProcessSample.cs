using System.Diagnostics;

namespace ChatServer.Cli.Deployment;

/// <summary>CPU time and memory of a process on this machine.</summary>
/// <param name="Cpu">User and system time since its start.</param>
/// <param name="RssBytes">Resident memory.</param>
/// <param name="PeakRssBytes">Maximum resident memory.</param>
internal sealed record ProcessSample(TimeSpan Cpu, long RssBytes, long PeakRssBytes)
{
    /// <summary>Samples the process <paramref name="pid"/>; null without an id.</summary>
    /// <exception cref="CliException">The process does not exist.</exception>
    public static ProcessSample? Of(int? pid)
    {
        if (pid is null)
            return null;
        try
        {
            using var process = Process.GetProcessById(pid.Value);
            return Of(process);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new CliException($"There is no process {pid} on this machine.");
        }
    }

    /// <summary>Samples this process.</summary>
    public static ProcessSample OfThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return Of(process);
    }

    private static ProcessSample Of(Process process) => new(process.TotalProcessorTime, process.WorkingSet64, process.PeakWorkingSet64);
}
