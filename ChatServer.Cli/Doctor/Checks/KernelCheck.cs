using System.Globalization;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>Settings of the kernel, on the machine of a RoomHost: ephemeral ports, open files, listen backlog.</summary>
internal sealed class KernelCheck : ICheck
{
    // A room with many members that return at once fills a shorter backlog: the kernel drops the SYN, and the client waits for a second.
    private const int MinBacklog = 4096;

    // A host with its maximum of 10,000 rooms and some members of each.
    private const long MinOpenFiles = 65_536;

    public string Name => "kernel";

    public string? Missing(DoctorTarget target) => Directory.Exists(Path.Combine(target.KernelFolder, "sys/net")) ? null : "Linux";

    public Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<Finding>>(
            [.. EphemeralPorts(target), .. Backlog(target), .. OpenFiles(target)]);

    private static IEnumerable<Finding> EphemeralPorts(DoctorTarget target)
    {
        var range = Numbers(Read(target, "sys/net/ipv4/ip_local_port_range"));
        if (range is not [var first, var last])
            yield break;
        var reserved = Ranges(Read(target, "sys/net/ipv4/ip_local_reserved_ports"));
        var (from, to) = target.RoomPorts;
        var free = Enumerable.Range(from, to - from + 1)
            .Count(port => port >= first && port <= last && !reserved.Any(range => port >= range.First && port <= range.Last));
        if (free == 0)
            yield break;
        yield return new Finding(
            "ephemeral-ports", Severity.Warning,
            $"{free} of the room ports {from}-{to} are in the range {first}-{last} from which outgoing connections get their ports.",
            "A port that an outgoing connection has cannot be opened for a room; a room that returns finds its port taken.",
            $"sysctl -w net.ipv4.ip_local_reserved_ports={from}-{to}, or ROOM_PORTS below {first}");
    }

    private static IEnumerable<Finding> Backlog(DoctorTarget target)
    {
        if (Numbers(Read(target, "sys/net/core/somaxconn")) is [var backlog] && backlog < MinBacklog)
        {
            yield return new Finding(
                "listen-backlog", Severity.Warning, $"net.core.somaxconn is {backlog}, less than {MinBacklog}.",
                "When many members return at once, the kernel drops connections that do not fit, and their clients wait for a second.",
                $"sysctl -w net.core.somaxconn={MinBacklog}");
        }
    }

    // Of this process, whose limits are those of the shell or unit that starts it.
    private static IEnumerable<Finding> OpenFiles(DoctorTarget target)
    {
        const string Line = "Max open files";
        var limits = Read(target, "self/limits").Split('\n').FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
        // "Max open files            1024                 524288               files": soft and hard limit. .NET raises the soft limit.
        if (limits is not null && Numbers(limits[Line.Length..]) is [_, var hard] && hard < MinOpenFiles)
        {
            yield return new Finding(
                "open-files", Severity.Warning, $"The limit of open files is {hard}, less than {MinOpenFiles}.",
                "Each room has a port and each member a connection; beyond the limit, members are refused.",
                $"LimitNOFILE={MinOpenFiles} in the systemd unit, or ulimit -Hn {MinOpenFiles}");
        }
    }

    private static string Read(DoctorTarget target, string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(target.KernelFolder, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static List<long> Numbers(string text) =>
    [
        .. text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(part => part.All(char.IsAsciiDigit)).Select(part => long.Parse(part, CultureInfo.InvariantCulture)),
    ];

    // "8080,34000-43999"
    private static List<(int First, int Last)> Ranges(string text) =>
    [
        .. from part in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries)
           let ends = part.Split('-')
           select (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture)),
    ];
}
