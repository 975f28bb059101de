namespace ChatServer.Contracts;

/// <summary>
/// The file descriptors of this process. A .NET process that has none left cannot start a thread and ends, so a service closes a connection
/// before it comes to that.
/// </summary>
public static class FileDescriptors
{
    // For everything else: assemblies (about 240), Redis, logs, new threads.
    private const int Reserved = 512;

    /// <summary>Maximum number of sockets: 512 less than the limit of the process, but at least a third of it.</summary>
    public static int MaxSockets { get; } = ReadMaxSockets();

    private static int ReadMaxSockets()
    {
        const string limits = "/proc/self/limits", openFiles = "Max open files";
        if (!File.Exists(limits))
            return int.MaxValue;
        var line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith(openFiles, StringComparison.Ordinal));
        var soft = line?[openFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, out var limit) ? Math.Max(limit - Reserved, limit / 3) : int.MaxValue;
    }
}
