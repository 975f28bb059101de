using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Bench.Connections;

/// <summary>A member that sends nothing.</summary>
internal sealed class IdleMember : IRoomSocketHandler, IDisposable
{
    // The buffer grows for a welcome with many names.
    private const int BufferBytes = 1024;

    private readonly TaskCompletionSource _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoomSocket? _socket;
    private volatile string? _closed;

    /// <summary>Close code and reason of the server; null while the connection is open.</summary>
    public string? Closed => _closed;

    /// <summary>Joins and waits for the welcome.</summary>
    public async Task JoinAsync(RoomConnector connector, int number, CancellationToken ct)
    {
        _socket = await connector.JoinAsync(number, this, BufferBytes, ct);
        await connector.WaitForWelcomeAsync(_socket, _welcome.Task, ct);
    }

    public void OnText(ReadOnlySpan<byte> text) => _welcome.TrySetResult();

    public void OnIdle()
    {
        // There is nothing to send.
    }

    public void OnClosed(int code, string why)
    {
        _closed = why.Length == 0 ? $"{code}" : $"{code} {why}";
        _welcome.TrySetException(new CliException($"The room closed a connection before its welcome: {_closed}."));
    }

    public void Dispose() => _socket?.Dispose();
}
