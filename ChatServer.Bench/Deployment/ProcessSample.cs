using System.Diagnostics;

namespace ChatServer.Bench.Deployment;

/// <summary>What a process of this machine has used.</summary>
/// <param name="Cpu">User and system time since it started.</param>
/// <param name="RssBytes">Resident now.</param>
/// <param name="PeakRssBytes">Resident at most.</param>
internal sealed record ProcessSample(TimeSpan Cpu, long RssBytes, long PeakRssBytes)
{
    /// <summary>Of the process <paramref name="pid"/>; null for none.</summary>
    /// <exception cref="BenchException">There is no such process.</exception>
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
            throw new BenchException($"There is no process {pid} on this machine.");
        }
    }

    /// <summary>Of this process.</summary>
    public static ProcessSample OfThisProcess()
    {
        using var process = Process.GetCurrentProcess();
        return Of(process);
    }

    private static ProcessSample Of(Process process) => new(process.TotalProcessorTime, process.WorkingSet64, process.PeakWorkingSet64);
}
