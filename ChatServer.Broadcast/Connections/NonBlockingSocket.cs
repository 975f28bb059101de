using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// A socket for sends and receives that return at once. It holds no reference to the <see cref="Socket"/> where it can do without: a fan-out
/// goes to thousands of sockets, and what it does not touch need not come into the cache.
/// </summary>
/// <remarks>The owner sees to it that it is not used once the socket is disposed: its number may be another connection's by then.</remarks>
internal readonly partial struct NonBlockingSocket
{
    /// <summary>The connection is gone.</summary>
    public const int ConnectionGone = -1;

    private readonly int _descriptor;
    private readonly Socket? _nonLinuxSocket;

    /// <param name="socket">One with <see cref="Socket.Blocking"/> off.</param>
    public NonBlockingSocket(Socket socket)
    {
        if (OperatingSystem.IsLinux())
            _descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        else
            _nonLinuxSocket = socket;
    }

    /// <summary>Bytes that the kernel took; 0 when it takes none now, or <see cref="ConnectionGone"/>.</summary>
    /// <param name="bytes">At least one.</param>
    public int Send(ReadOnlySpan<byte> bytes) => _nonLinuxSocket is null ? LinuxSend(_descriptor, bytes)
        : PortableSend(_nonLinuxSocket, bytes);

    /// <summary>Sends what is in a pipe, on Linux alone. Bytes that the kernel took; when it took fewer than <paramref name="length"/>, <see cref="Send(ReadOnlySpan{byte})"/> tells why.</summary>
    public int Splice(int pipe, int length) => (int)Math.Max(0, SharedPages.Splice(pipe, 0, _descriptor, 0, (nuint)length, 0));

    /// <summary>Bytes received; 0 when there are none now, or <see cref="ConnectionGone"/>, also when the peer sent its end.</summary>
    public static int Receive(Socket socket, Span<byte> buffer)
    {
        try
        {
            int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
            return error switch
            {
                SocketError.Success => received > 0 ? received : ConnectionGone,
                SocketError.WouldBlock => 0,
                _ => ConnectionGone,
            };
        }
        catch (ObjectDisposedException)
        {
            return ConnectionGone;
        }
    }

    private static int PortableSend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => ConnectionGone,
        };
    }

    // The kernel's send is the cost of a broadcast; going to it directly saves Socket.Send's bookkeeping. No SuppressGCTransition: loopback
    // runs the receiver's half of TCP inside send, and a collection must not wait for it.
    private static int LinuxSend(int socket, ReadOnlySpan<byte> bytes)
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
                    return ConnectionGone;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, ReadOnlySpan<byte> bytes, nuint length, int flags);
}
