using System.Globalization;
using System.Xml;

namespace ChatServer.Admin;

/// <summary>
/// What the operating system tells of the machine that this process runs on. Linux tells through <c>/proc</c>; elsewhere load
/// averages are zeros, and memory is what the runtime may use.
/// </summary>
internal sealed class MachineStats(TimeProvider time)
{
    private const string LoadFile = "/proc/loadavg";
    private const string MemoryFile = "/proc/meminfo";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>Seconds since the system started.</summary>
    public long OsUpTime => Environment.TickCount64 / 1000;

    /// <summary>Since this process started: an ISO 8601 duration, such as <c>P1DT2H3M4S</c>.</summary>
    public string UpTime => XmlConvert.ToString(TimeSpan.FromSeconds(Math.Floor((time.GetUtcNow() - _started).TotalSeconds)));

    /// <summary>Processes that ran or waited to run, averaged over 1, 5 and 15 minutes.</summary>
    public IReadOnlyList<double> LoadAverages() => File.Exists(LoadFile)
        ? [.. File.ReadAllText(LoadFile).Split(' ').Take(3).Select(text => double.Parse(text, CultureInfo.InvariantCulture))]
        : [0, 0, 0];

    /// <summary>Bytes in all, and those that programs can still have (caches count as free: the system gives them up).</summary>
    public (long Total, long Free) Memory()
    {
        if (!File.Exists(MemoryFile))
        {
            var runtime = GC.GetGCMemoryInfo();
            return (runtime.TotalAvailableMemoryBytes, Math.Max(0, runtime.TotalAvailableMemoryBytes - runtime.MemoryLoadBytes));
        }
        var lines = File.ReadAllLines(MemoryFile);
        return (Bytes("MemTotal:"), Bytes("MemAvailable:"));

        // "MemTotal:       24642564 kB"
        long Bytes(string name)
        {
            var line = Array.Find(lines, line => line.StartsWith(name, StringComparison.Ordinal))
                ?? throw new InvalidDataException($"{MemoryFile} has no {name}");
            return 1024 * long.Parse(line.AsSpan(name.Length, line.Length - name.Length - "kB".Length).Trim(), CultureInfo.InvariantCulture);
        }
    }
}
