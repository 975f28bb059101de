using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Sends and receives that return at once. On Linux it holds a descriptor and no reference to the <see cref="Socket"/>: a broadcast goes to
/// thousands of sockets, and memory that it does not touch does not enter the cache.
/// </summary>
/// <remarks>Must not be used after the socket is disposed: the descriptor may belong to another connection by then.</remarks>
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

    /// <summary>Returns the bytes that the kernel took; 0 if it takes none now, or <see cref="ConnectionGone"/>.</summary>
    /// <param name="bytes">At least one.</param>
    public int Send(ReadOnlySpan<byte> bytes) => _nonLinuxSocket is null ? LinuxSend(_descriptor, bytes)
        : PortableSend(_nonLinuxSocket, bytes);

    /// <summary>Number of the socket's file descriptor; only on Linux.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>Returns the bytes received; 0 if there are none now, or <see cref="ConnectionGone"/>, also after the peer's FIN.</summary>
    public static int Receive(Socket socket, Span<byte> buffer)
    {
        try
        {
            var received = socket.Receive(buffer, SocketFlags.None, out var error);
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
        var sent = socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => ConnectionGone,
        };
    }

    // The kernel's send is the cost of a broadcast; a direct call saves the bookkeeping of Socket.Send. No SuppressGCTransition: on the
    // loopback, send also runs the receiver's half of TCP, and a garbage collection must not wait for that.
    private static int LinuxSend(int socket, ReadOnlySpan<byte> bytes)
    {
        const int DontWait = 0x40, NoSignal = 0x4000;
        const int Interrupted = 4, TryAgain = 11;
        while (true)
        {
            var sent = Send(socket, bytes, (nuint)bytes.Length, DontWait | NoSignal);
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
