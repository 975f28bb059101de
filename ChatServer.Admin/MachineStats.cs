using System.Globalization;
using System.Xml;

namespace ChatServer.Admin;

/// <summary>
/// Figures of the machine on which the process runs. On Linux they come from <c>/proc</c>; on other systems the load
/// averages are zeros, and the memory is that of the runtime.
/// </summary>
internal sealed class MachineStats(TimeProvider time)
{
    private const string LoadFile = "/proc/loadavg";
    private const string MemoryFile = "/proc/meminfo";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>Seconds since the start of the system.</summary>
    public long OsUpTime => Environment.TickCount64 / 1000;

    /// <summary>Time since the start of this process, as an ISO 8601 duration such as <c>P1DT2H3M4S</c>.</summary>
    public string UpTime => XmlConvert.ToString(TimeSpan.FromSeconds(Math.Floor((time.GetUtcNow() - _started).TotalSeconds)));

    /// <summary>Load averages of 1, 5 and 15 minutes.</summary>
    public IReadOnlyList<double> LoadAverages() => File.Exists(LoadFile)
        ? [.. File.ReadAllText(LoadFile).Split(' ').Take(3).Select(text => double.Parse(text, CultureInfo.InvariantCulture))]
        : [0, 0, 0];

    /// <summary>Total and available memory, in bytes. Caches count as available, because the system can release them.</summary>
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
            return 1024 * long.Parse(
                line.AsSpan(name.Length, line.Length - name.Length - "kB".Length).Trim(), CultureInfo.InvariantCulture);
        }
    }
}
