using System.Net.Sockets;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// One listening socket with one pending accept. It is its own event argument: a port costs no thread, task or delegate, and
/// accepting allocates nothing but the connection.
/// </summary>
internal sealed class RoomPort(RoomPorts ports, Socket listener, int number, object room)
    : SocketAsyncEventArgs(unsafeSuppressExecutionContextFlow: true)
{
    /// <summary>The usual cause of a failed accept, no free file descriptor, lasts until a connection ends.</summary>
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private volatile bool _closed;

    public int Number => number;

    public object Room => room;

    /// <summary>Starts to accept.</summary>
    public void Start() => Accept();

    /// <summary>Stops accepting.</summary>
    public void Close()
    {
        _closed = true;
        listener.Dispose();
        Dispose();
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (HandleAccept())
            Accept();
    }

    private void Accept()
    {
        try
        {
            do
                AcceptSocket = null;
            while (!listener.AcceptAsync(this) && HandleAccept());
        }
        catch (Exception e) when (_closed && e is ObjectDisposedException or InvalidOperationException)
        {
            // The port was closed between two accepts.
        }
    }

    /// <summary>Handles the result of an accept. False if the next accept must wait.</summary>
    private bool HandleAccept()
    {
        if (SocketError == SocketError.Success && AcceptSocket is { } socket)
        {
            ports.OnAccepted(socket, this);
            return true;
        }
        if (_closed)
            return false;
        // The client gave up while it was in the listen backlog.
        if (SocketError is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            return true;
        ports.OnAcceptFailed(number, SocketError);
        _ = AcceptLaterAsync();
        return false;
    }

    private async Task AcceptLaterAsync()
    {
        await Task.Delay(AcceptRetryDelay, ports.Time);
        Accept();
    }
}
