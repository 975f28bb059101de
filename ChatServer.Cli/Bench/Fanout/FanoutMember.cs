using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ChatServer.Cli.Sockets;
using ChatServer.Contracts;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>A member of the room: checks its deliveries and passes echoes to its publisher.</summary>
internal sealed class FanoutMember(FanoutState state, DeliveryCheck check) : IRoomSocketHandler, IDisposable
{
    private readonly TaskCompletionSource<WelcomeFrame> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoomSocket? _socket;
    private long _bytesReceived;
    private long _arrivedAt;
    private volatile string? _closed;

    public DeliveryCheck Check => check;

    /// <summary>Its publisher; null if it does not publish.</summary>
    public Publisher? Publisher { get; set; }

    /// <summary>The welcome; valid after <see cref="JoinAsync"/>.</summary>
    public WelcomeFrame Welcome => _welcome.Task.Result;

    /// <summary>Number of received payload bytes.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Close code and reason of the server; null while the connection is open.</summary>
    public string? Closed => _closed;

    public async Task JoinAsync(RoomConnector connector, int number, int bufferBytes, CancellationToken ct)
    {
        _socket = await connector.JoinAsync(number, this, bufferBytes, ct);
        await connector.WaitForWelcomeAsync(_socket, _welcome.Task, ct);
    }

    /// <summary>Adds a frame, which <see cref="Flush"/> sends.</summary>
    public void Add(ReadOnlySpan<byte> text) => _socket!.Add(text);

    public void Flush() => _socket!.Flush();

    public void OnText(ReadOnlySpan<byte> text)
    {
        Volatile.Write(ref _bytesReceived, _bytesReceived + text.Length);
        if (!_welcome.Task.IsCompleted)
        {
            Join(text);
            return;
        }
        var happened = FanoutEvent.Read(text);
        if (check.Observe(happened, out var stamp))
        {
            Publisher?.OnEcho(stamp);
            if (state.Measuring)
            {
                // All frames of one receive have the same arrival time.
                if (_arrivedAt == 0)
                    _arrivedAt = Stopwatch.GetTimestamp();
                state.Latencies.Record(stamp.SentAt, _arrivedAt);
            }
        }
        else if (happened.Kind == FanoutEventKind.Error)
        {
            state.Refuse(Encoding.UTF8.GetString(text));
        }
    }

    public void OnIdle()
    {
        _arrivedAt = 0;
        Publisher?.FillWindowAfterEcho();
    }

    public void OnClosed(int code, string why)
    {
        _closed = why.Length == 0 ? $"{code}" : $"{code} {why}";
        _welcome.TrySetException(new CliException($"The room closed a connection before its welcome: {_closed}."));
    }

    public void Dispose() => _socket?.Dispose();

    private void Join(ReadOnlySpan<byte> text)
    {
        WelcomeFrame? welcome = null;
        try
        {
            welcome = JsonSerializer.Deserialize<WelcomeFrame>(text, ContractJson.Options);
        }
        catch (JsonException)
        {
            // Reported below: the address is not a room.
        }
        if (welcome is null)
        {
            _welcome.TrySetException(new CliException("The first event is not a welcome: the address is not a ChatServer room."));
            return;
        }
        check.Begin(welcome.Seq);
        _welcome.TrySetResult(welcome);
    }
}
