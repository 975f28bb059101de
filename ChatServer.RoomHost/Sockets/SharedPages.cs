using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChatServer.RoomHost.Sockets;

/// <summary>
/// Bytes for many sockets, in pages from which all of them are sent: <c>send</c> copies them once for each socket, <c>sendfile</c> gives
/// each a reference. They are a file in memory. No byte of it is written twice, because a socket, or on the loopback even its
/// peer, may still read it: <see cref="Clear"/> gives pages up, and the kernel frees each when the last socket has let go.
/// </summary>
/// <remarks>One a thread, so that rooms hold none.</remarks>
internal sealed partial class SharedPages
{
    [ThreadStatic]
    private static SharedPages? _ofThread;

    private readonly SafeFileHandle _file;

    private SharedPages(SafeFileHandle file) => _file = file;

    /// <summary>This thread's; null where the system has none: not Linux, forbidden, no file descriptor left.</summary>
    public static SharedPages? OfThread => _ofThread ??= Create();

    /// <summary>Bytes that were added since the last <see cref="Clear"/>.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes at the end. False: there is no memory for them.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Length);
        }
        catch (IOException)
        {
            return false;
        }
        Length += bytes.Length;
        return true;
    }

    /// <summary>Sends <paramref name="length"/> bytes from <paramref name="at"/> on, as <see cref="NonBlocking.SendFile"/> does.</summary>
    public int Send(NonBlocking socket, long at, int length) => socket.SendFile(_file, at, length);

    /// <summary>Gives up what this thread has added.</summary>
    public static void Clear()
    {
        if (_ofThread is not { Length: > 0 } pages)
            return;
        RandomAccess.SetLength(pages._file, 0);
        pages.Length = 0;
    }

    private static SharedPages? Create()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        const uint CloseOnExec = 1;
        var file = CreateInMemory("room", CloseOnExec);
        return file.IsInvalid ? null : new SharedPages(file);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle CreateInMemory(string name, uint flags);
}
