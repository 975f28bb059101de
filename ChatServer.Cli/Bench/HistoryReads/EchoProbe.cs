using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatServer.Cli.Bench.Fanout;
using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Bench.HistoryReads;

/// <summary>A member that sends one message at a time at a fixed interval, and measures the time until the room's event of it arrives.</summary>
internal sealed class EchoProbe : IRoomSocketHandler, IDisposable
{
    private const int BufferBytes = 4096;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    // A message that takes longer counts as missing.
    private static readonly TimeSpan EchoTimeout = TimeSpan.FromSeconds(30);

    private readonly string _idPrefix = $"{Guid.NewGuid():N}.";
    private readonly TaskCompletionSource _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Latencies _latencies = new();
    private TaskCompletionSource _echo = new();
    private RoomSocket? _socket;
    private byte[] _awaitedId = [];
    private int _sent;

    /// <summary>Joins the room.</summary>
    /// <exception cref="CliException">The room refused the connection, or no server responds.</exception>
    public async Task JoinAsync(RoomConnector connector, CancellationToken ct)
    {
        _socket = await connector.JoinAsync(0, this, BufferBytes, ct);
        await connector.WaitForWelcomeAsync(_socket, _welcome.Task, ct);
    }

    /// <summary>Sends messages until <paramref name="until"/>.</summary>
    /// <returns>The latencies, and the number of messages without an echo.</returns>
    public async Task<(LatencyReport Latencies, int Sent, int Missing)> RunAsync(CancellationToken until)
    {
        var missing = 0;
        while (!until.IsCancellationRequested)
        {
            _echo = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaitedId = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_idPrefix}{_sent++}"));
            var start = Stopwatch.GetTimestamp();
            _socket!.Add(JsonSerializer.SerializeToUtf8Bytes(new { type = "message", id = Encoding.ASCII.GetString(_awaitedId), text = "probe" }));
            _socket.Flush();
            try
            {
                await _echo.Task.WaitAsync(EchoTimeout, CancellationToken.None);
                _latencies.Record(start, Stopwatch.GetTimestamp());
            }
            catch (Exception e) when (e is TimeoutException or CliException)
            {
                missing++;
                if (e is CliException)
                    break;
            }
            await Task.Delay(Interval, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return (_latencies.Report(), _sent, missing);
    }

    public void OnText(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("{\"type\":\"welcome\""u8))
            _welcome.TrySetResult();
        else if (text.IndexOf(_awaitedId) >= 0 && !text.StartsWith("{\"type\":\"error\""u8))
            _echo.TrySetResult();
    }

    public void OnIdle()
    {
        // There is nothing to send.
    }

    public void OnClosed(int code, string why)
    {
        var error = new CliException($"The room closed the connection of the probe: {code} {why}");
        _welcome.TrySetException(error);
        _echo.TrySetException(error);
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _latencies.Dispose();
    }
}
