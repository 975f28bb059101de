using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Bytes for many sockets in pages that all of them share: <c>send</c> copies the bytes for each socket, this gives each socket a
/// reference. The bytes are in a pipe; <c>tee</c> duplicates them into a second pipe, and <c>splice</c> moves them from there into a
/// socket. No byte of a page is written twice, because a socket, or on the loopback even its peer, may still read it. The kernel frees a
/// page when no socket refers to it.
/// </summary>
/// <remarks>One for each thread, so rooms hold none.</remarks>
internal sealed partial class SharedPages
{
    private const int SpliceNonBlock = 2; // SPLICE_F_NONBLOCK concerns the pipe; a socket has its own flag

    [ThreadStatic]
    private static SharedPages? _threadInstance;

    private readonly Pipe _pages, _copy;
    private readonly SafeFileHandle _devNull;

    private SharedPages(Pipe pages, Pipe copy, SafeFileHandle nowhere) => (_pages, _copy, _devNull) = (pages, copy, nowhere);

    /// <summary>The pages of this thread; null if the system is not Linux or has no file descriptor left.</summary>
    public static SharedPages? ForCurrentThread => _threadInstance ??= Create();

    /// <summary>Bytes that were added since the last <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes; returns false if there is no space for all of them.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        var added = (int)Math.Max(0, Write(_pages.End, bytes, (nuint)bytes.Length));
        Length += added;
        return added == bytes.Length;
    }

    /// <summary>
    /// Sends everything that was added. Returns the bytes that the kernel took; if these are fewer, <c>NonBlockingSocket.Send</c>
    /// gives the reason.
    /// </summary>
    public int Send(NonBlockingSocket socket)
    {
        var shared = (int)Tee(_pages.Begin, _copy.End, (nuint)Length, SpliceNonBlock);
        if (shared <= 0)
            return 0;
        var sent = (int)Math.Max(0, Splice(_copy.Begin, 0, socket.Descriptor, 0, (nuint)shared, 0));
        Discard(_copy, shared - sent);
        return sent;
    }

    /// <summary>Removes everything that was added.</summary>
    public void Clear()
    {
        Discard(_pages, Length);
        Length = 0;
    }

    // Bytes that stay in a pipe would go to the next receiver. If they cannot be removed, the thread gives up its pipes.
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
    private static partial nint Splice(int from, nint fromOffset, int to, nint toOffset, nuint length, uint flags);

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
