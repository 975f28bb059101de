using ChatServer.Bench.Sockets;

namespace ChatServer.Bench.Connections;

/// <summary>A member that says nothing.</summary>
internal sealed class IdleMember : IRoomSocketHandler, IDisposable
{
    // A welcome grows it where the room has many names to tell.
    private const int BufferBytes = 1024;

    private readonly TaskCompletionSource _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoomSocket? _socket;
    private volatile string? _closed;

    /// <summary>How the server ended the connection; null while it has not.</summary>
    public string? Closed => _closed;

    /// <summary>Ends when the room has said welcome.</summary>
    public async Task JoinAsync(RoomConnector connector, int number, CancellationToken ct)
    {
        _socket = await connector.JoinAsync(number, this, BufferBytes, ct);
        await connector.WaitForWelcomeAsync(_socket, _welcome.Task, ct);
    }

    public void OnText(ReadOnlySpan<byte> text) => _welcome.TrySetResult();

    public void OnIdle()
    {
        // Nothing to answer.
    }

    public void OnClosed(int code, string why)
    {
        _closed = why.Length == 0 ? $"{code}" : $"{code} {why}";
        _welcome.TrySetException(new BenchException($"The room closed a connection before its welcome: {_closed}."));
    }

    public void Dispose() => _socket?.Dispose();
}
