using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ChatServer.RoomHost.Sockets;

/// <summary>Sends and receives that return at once, on sockets with <see cref="Socket.Blocking"/> off.</summary>
internal static partial class NonBlocking
{
    /// <summary>The connection is gone.</summary>
    public const int Gone = -1;

    /// <summary>Bytes that the kernel took; 0 when it takes none now, or <see cref="Gone"/>.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="handle">Its handle: a fan-out touches thousands of sockets, and what it does not touch need not come into the cache.</param>
    /// <param name="bytes">At least one.</param>
    public static int Send(Socket socket, SafeSocketHandle handle, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return OperatingSystem.IsLinux() ? LinuxSend(handle, bytes) : PortableSend(socket, bytes);
        }
        catch (ObjectDisposedException)
        {
            return Gone;
        }
    }

    /// <summary>Bytes received; 0 when there are none now, or <see cref="Gone"/>, also when the peer sent its end.</summary>
    public static int Receive(Socket socket, Span<byte> buffer)
    {
        try
        {
            int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
            return error switch
            {
                SocketError.Success => received > 0 ? received : Gone,
                SocketError.WouldBlock => 0,
                _ => Gone,
            };
        }
        catch (ObjectDisposedException)
        {
            return Gone;
        }
    }

    private static int PortableSend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => Gone,
        };
    }

    // The kernel's send is the cost of a broadcast; going to it directly saves Socket.Send's bookkeeping. The handle is counted for the
    // time of the call, so that a socket closed meanwhile can't be another one by then. No SuppressGCTransition: loopback runs the
    // receiver's half of TCP inside send, and a collection must not wait for it.
    private static int LinuxSend(SafeSocketHandle socket, ReadOnlySpan<byte> bytes)
    {
        const int DontWait = 0x40, NoSignal = 0x4000;
        const int Interrupted = 4, TryAgain = 11;
        while (true)
        {
            nint sent = Send(socket, bytes, (nuint)bytes.Length, DontWait | NoSignal);
            if (sent >= 0)
                return (int)sent;
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case TryAgain:
                    return 0;
                default:
                    return Gone;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, nuint length, int flags);
}
