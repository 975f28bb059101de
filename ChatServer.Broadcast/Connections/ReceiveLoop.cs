using System.Net.Sockets;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Broadcast.Connections;

/// <summary>Reads the frames of one connection until its end. Holds no buffer while the client is silent.</summary>
/// <remarks>The socket is non-blocking. The unread bytes arrived with the handshake.</remarks>
internal sealed class ReceiveLoop(RoomConnection connection, Socket socket, FrameReader reader, byte[] unread, TimeProvider time)
    : IThreadPoolWorkItem
{
    /// <summary>Reads after which the loop yields its thread: a client that floods shares the threads with all others.</summary>
    private const int ReadsBeforeYield = 16;

    private const int BufferBytes = 64 * 1024;

    [ThreadStatic]
    private static byte[]? _buffer;

    private IFrameHandler _handler = null!;
    private long _receivedAt = time.GetTimestamp();
    private volatile bool _aborted;
    private readonly PauseGate _pause = new();

    /// <summary>Time since the client last sent something.</summary>
    public TimeSpan SilentFor => time.GetElapsedTime(Volatile.Read(ref _receivedAt));

    /// <summary>Starts to read, on another thread than the caller's.</summary>
    public void Start(IFrameHandler handler)
    {
        _handler = handler;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Delivers no more frames. What the client sends is read and discarded, unless <paramref name="abort"/>.</summary>
    public void Stop(bool abort)
    {
        _aborted |= abort;
        reader.Stop();
        Resume();
    }

    /// <summary>Delivers and reads no more until <see cref="Resume"/>, so the client is slowed down by TCP. Only for the handler.</summary>
    public void Pause()
    {
        reader.IsPaused = true;
        _pause.Close();
    }

    public void Resume() => _pause.Open();

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            Deliver(unread);
            for (var reads = 1; ; reads++)
            {
                while (!reader.Stopped && reader.IsPaused)
                {
                    await _pause.WhenOpen;
                    reader.IsPaused = false;
                    Deliver(unread);
                }
                // Waits without a buffer: an empty receive completes when bytes are there.
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                if (_aborted || !ReceiveOnce())
                    break;
                if (reads % ReadsBeforeYield == 0)
                    await Task.Yield();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset by the client, or aborted here.
        }
        catch (Exception e)
        {
            connection.OnHandlerFailed(e);
        }
        End();
    }

    // :: Step 1: one read of the socket, into the buffer of the thread. False at the end of the connection.
    private bool ReceiveOnce()
    {
        var buffer = _buffer ??= GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
        var received = NonBlockingSocket.Receive(socket, buffer);
        Deliver(buffer.AsSpan(0, Math.Max(received, 0)));
        return received != NonBlockingSocket.ConnectionGone;
    }

    private void Deliver(Span<byte> received)
    {
        if (received.IsEmpty || reader.Stopped)
            return;
        Volatile.Write(ref _receivedAt, time.GetTimestamp());
        unread = reader.Read(received, _handler).ToArray();
        _handler.OnReceived();
    }

    private void End()
    {
        connection.OnReceiveEnded();
        reader.Release();
        try
        {
            _handler.OnEnd();
        }
        catch (Exception e)
        {
            connection.OnHandlerFailed(e);
        }
    }
}
