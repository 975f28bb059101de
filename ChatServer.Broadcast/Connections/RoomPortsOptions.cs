using System.Net;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Connections;

/// <summary>How room ports listen, and what a connection to one may cost.</summary>
public sealed record RoomPortsOptions
{
    /// <summary>File descriptors left to everything else: assemblies (some 200), Redis, logs, threads that start.</summary>
    private const int ReservedDescriptors = 512;

    /// <summary>Address that every room port binds (<c>BIND</c>). <c>::</c> takes IPv4 as well.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>Most bytes of a frame, and of a message made of fragments.</summary>
    public int MaxFrameBytes { get; init; } = Limits.MaxFrameBytes;

    /// <summary>Longest silence before a request and longest time for its headers. Kestrel looks once a second.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Most ports and connections together; a connection beyond is closed as soon as it is accepted. The default stays clear of the process's
    /// limit of file descriptors, because a .NET process that reaches it can't start a thread and dies.
    /// </summary>
    public int MaxSockets { get; init; } = DefaultMaxSockets();

    private static int DefaultMaxSockets()
    {
        const string limits = "/proc/self/limits", openFiles = "Max open files";
        if (!File.Exists(limits))
            return int.MaxValue;
        string? line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith(openFiles, StringComparison.Ordinal));
        string? soft = line?[openFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, out int limit) ? Math.Max(limit - ReservedDescriptors, limit / 2) : int.MaxValue;
    }
}
