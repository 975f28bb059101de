using System.Net;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Connections;

/// <summary>Address and limits of the room ports.</summary>
public sealed record RoomPortsOptions
{
    /// <summary>File descriptors for everything else: assemblies (about 200), Redis, logs, new threads.</summary>
    private const int ReservedDescriptors = 512;

    /// <summary>Address that every room port binds (<c>BIND</c>). <c>::</c> includes IPv4.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>Largest frame, and largest message made of fragments, in bytes.</summary>
    public int MaxFrameBytes { get; init; } = Limits.MaxFrameBytes;

    /// <summary>Longest silence before a request, and longest time for its headers. Kestrel checks once a second.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of ports and connections together; a connection beyond it is closed when it is accepted. The default is below the
    /// limit of file descriptors, because a .NET process that reaches this limit cannot start a thread and ends.
    /// </summary>
    public int MaxSockets { get; init; } = DefaultMaxSockets();

    private static int DefaultMaxSockets()
    {
        const string limits = "/proc/self/limits", openFiles = "Max open files";
        if (!File.Exists(limits))
            return int.MaxValue;
        string? line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith(openFiles, StringComparison.Ordinal));
        var soft = line?[openFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, out var limit) ? Math.Max(limit - ReservedDescriptors, limit / 2) : int.MaxValue;
    }
}
