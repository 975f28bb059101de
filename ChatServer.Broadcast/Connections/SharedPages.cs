using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Bytes for many sockets, in pages from which all of them are sent: <c>send</c> copies them once for each socket, this gives each a
/// reference. They lie in a pipe; <c>tee</c> puts them into a second one as well, and <c>splice</c> moves them from there into a socket. No
/// byte of a page is written twice, because a socket, or on the loopback even its peer, may still read it: the kernel frees each when the
/// last socket has let go.
/// </summary>
/// <remarks>One a thread, so that rooms hold none.</remarks>
internal sealed partial class SharedPages
{
    private const int SpliceNonBlock = 2; // SPLICE_F_NONBLOCK: of the pipe; a socket knows itself

    [ThreadStatic]
    private static SharedPages? _threadInstance;

    private readonly Pipe _pages, _copy;
    private readonly SafeFileHandle _devNull;

    private SharedPages(Pipe pages, Pipe copy, SafeFileHandle nowhere) => (_pages, _copy, _devNull) = (pages, copy, nowhere);

    /// <summary>This thread's; null where the system has none: not Linux, or no file descriptor left.</summary>
    public static SharedPages? ForCurrentThread => _threadInstance ??= Create();

    /// <summary>Bytes that were added since the last <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes at the end. False: there is no room for all of them.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        var added = (int)Math.Max(0, Write(_pages.End, bytes, (nuint)bytes.Length));
        Length += added;
        return added == bytes.Length;
    }

    /// <summary>
    /// Sends all that was added. Bytes that the kernel took; when it took fewer, <see cref="NonBlockingSocket.Send"/> tells why.
    /// </summary>
    public int Send(NonBlockingSocket socket)
    {
        var shared = (int)Tee(_pages.Begin, _copy.End, (nuint)Length, SpliceNonBlock);
        if (shared <= 0)
            return 0;
        var sent = socket.Splice(_copy.Begin, shared);
        Discard(_copy, shared - sent);
        return sent;
    }

    /// <summary>Gives up what was added.</summary>
    public void Clear()
    {
        Discard(_pages, Length);
        Length = 0;
    }

    // What is left in a pipe would go to the next one who is sent something: better no pipe than that.
    private void Discard(Pipe pipe, int length)
    {
        while (length > 0)
        {
            var dropped = (int)Splice(pipe.Begin, 0, (int)_devNull.DangerousGetHandle(), 0, (nuint)length, SpliceNonBlock);
            if (dropped <= 0)
            {
                (_threadInstance, Length) = (null, 0);
                return;
            }
            length -= dropped;
        }
    }

    private static SharedPages? Create()
    {
        const int WriteOnly = 1, CloseOnExec = 0x80000;
        return OperatingSystem.IsLinux() && Pipe.Open() is { } pages && Pipe.Open() is { } copy
            && Open("/dev/null", WriteOnly | CloseOnExec) is { IsInvalid: false } nowhere
            ? new SharedPages(pages, copy, nowhere)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int pipe, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "tee")]
    private static partial nint Tee(int from, int to, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "splice")]
    internal static partial nint Splice(int from, nint fromOffset, int to, nint toOffset, nuint length, uint flags);

    private sealed partial class Pipe
    {
        private readonly SafeFileHandle _begin, _end;

        private Pipe(int begin, int end) => (_begin, _end) = (new(begin, ownsHandle: true), new(end, ownsHandle: true));

        public int Begin => (int)_begin.DangerousGetHandle();

        public int End => (int)_end.DangerousGetHandle();

        public static Pipe? Open()
        {
            const int DoNotWait = 0x800, CloseOnExec = 0x80000;
            Span<int> ends = stackalloc int[2];
            return Open(ends, DoNotWait | CloseOnExec) == 0 ? new Pipe(ends[0], ends[1]) : null;
        }

        [LibraryImport("libc", EntryPoint = "pipe2")]
        private static partial int Open(Span<int> ends, int flags);
    }
}
