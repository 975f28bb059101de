using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>
/// TCP connections of another process on Linux. They are aborted through a copy of their descriptor (pidfd_getfd), which needs the right to
/// trace the process, as a debugger does: a process of the same user, and one that this process has started if
/// <c>kernel.yama.ptrace_scope</c> is 1. <c>ss -K</c> would need the privileges of root.
/// </summary>
internal static partial class ForeignConnections
{
    // The same numbers on all processors.
    private const int PidfdOpen = 434, PidfdGetfd = 438;

    private const string Established = "01";

    /// <summary>
    /// Aborts the established connections of a process whose remote end is <paramref name="isChosen"/>. Returns their number.
    /// </summary>
    /// <exception cref="CliException">The process does not exist, or access is denied.</exception>
    public static int Abort(int pid, Func<IPEndPoint, bool> isChosen)
    {
        try
        {
            var chosen = File.ReadLines($"/proc/{pid}/net/tcp").Skip(1).Concat(File.ReadLines($"/proc/{pid}/net/tcp6").Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[3] == Established && isChosen(ParseEndPoint(fields[2])))
                .Select(fields => $"socket:[{fields[9]}]")
                .ToHashSet(StringComparer.Ordinal);
            var descriptors = new DirectoryInfo($"/proc/{pid}/fd").EnumerateFileSystemInfos()
                .Where(link => link.LinkTarget is { } target && chosen.Contains(target))
                .Select(link => int.Parse(link.Name, CultureInfo.InvariantCulture)).ToList();
            using var process = Open(Call(PidfdOpen, pid, 0, 0));
            foreach (var descriptor in descriptors)
                Abort(process, descriptor);
            return descriptors.Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The connections of process {pid} cannot be aborted: {e.Message}");
        }
    }

    // A connect without an address dissolves the association of a TCP socket: the other side receives a reset.
    private static void Abort(SafeFileHandle process, int descriptor)
    {
        using var socket = Open(Call(PidfdGetfd, process.DangerousGetHandle(), descriptor, 0));
        ReadOnlySpan<byte> noAddress = stackalloc byte[16];
        if (Connect((int)socket.DangerousGetHandle(), noAddress, noAddress.Length) != 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    private static SafeFileHandle Open(nint descriptor) =>
        descriptor < 0 ? throw new IOException(Marshal.GetLastPInvokeErrorMessage()) : new SafeFileHandle(descriptor, ownsHandle: true);

    // Each word of the address is in the byte order of the processor: 0100007F:1F90 is 127.0.0.1:8080.
    private static IPEndPoint ParseEndPoint(string text)
    {
        if (text.Split(':') is not [var address, var port])
            throw new IOException($"{text} is not an address.");
        var words = address.Chunk(8).Select(word => uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        var ip = new IPAddress([.. words.SelectMany(BitConverter.GetBytes)]);
        return new IPEndPoint(
            ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Call(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Connect(int socket, ReadOnlySpan<byte> address, int length);
}
