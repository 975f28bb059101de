using System.Diagnostics;
using System.Text.Json;
using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Bench.Storm;

/// <summary>A member of a storm: it joins, and resumes after the last event that it received.</summary>
internal sealed class StormMember(int number) : IRoomSocketHandler, IDisposable
{
    // The buffer grows for a welcome with many names.
    private const int BufferBytes = 1024;

    // As the .NET client: jitter before the first attempt, then exponential backoff with jitter.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50), MinRetryDelay = TimeSpan.FromMilliseconds(100),
        MaxRetryDelay = TimeSpan.FromSeconds(5);

    private readonly string _session = $"{Guid.NewGuid():N}";
    private TaskCompletionSource<bool> _welcome = NewWelcome();
    private TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoomSocket? _socket;
    private string? _epoch;
    private long _seq;
    private int _gaps;

    /// <summary>Sequence of the last event that it received.</summary>
    public long Seq => Volatile.Read(ref _seq);

    /// <summary>Number of events that did not follow the one before: some were lost, repeated or reordered.</summary>
    public int Gaps => Volatile.Read(ref _gaps);

    /// <summary>Completes when the server has ended the connection.</summary>
    public Task Closed => _closed.Task;

    /// <summary>When the connection ended: a <see cref="Stopwatch"/> timestamp.</summary>
    public long ClosedAt { get; private set; }

    /// <summary>Joins or resumes, however often that is refused.</summary>
    /// <param name="connector">Connects to the room.</param>
    /// <param name="isSpread">Whether to wait for a short random time first, as clients that lost their connection do.</param>
    /// <param name="ct">Ends the attempts.</param>
    public async Task<StormJoin> JoinAsync(RoomConnector connector, bool isSpread, CancellationToken ct)
    {
        var join = new StormJoin();
        if (isSpread)
            await Task.Delay(FirstDelay * Random.Shared.NextDouble(), ct);
        for (var delay = MinRetryDelay; ; delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay)
        {
            if (await TryJoinAsync(connector, join, ct))
                return join;
            await Task.Delay(delay * (0.5 + (Random.Shared.NextDouble() / 2)), ct);
        }
    }

    public void OnText(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        reader.Read();
        var (isWelcome, resumed, seq) = (false, false, 0L);
        string? epoch = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "type":
                    isWelcome = reader.ValueTextEquals("welcome"u8);
                    break;
                case "epoch":
                    epoch = reader.GetString();
                    break;
                case "seq":
                    seq = reader.GetInt64();
                    break;
                case "resumed":
                    resumed = reader.GetBoolean();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (isWelcome)
            OnWelcome(epoch!, seq, resumed);
        else if (seq > 0)
            OnEvent(seq);
    }

    public void OnIdle()
    {
        // There is nothing to send.
    }

    public void OnClosed(int code, string why)
    {
        ClosedAt = Stopwatch.GetTimestamp();
        _welcome.TrySetException(new CliException($"The room closed a connection before its welcome: {code} {why}"));
        _closed.TrySetResult();
    }

    public void Dispose() => _socket?.Dispose();

    private static TaskCompletionSource<bool> NewWelcome() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<bool> TryJoinAsync(RoomConnector connector, StormJoin join, CancellationToken ct)
    {
        _socket?.Dispose();
        (_welcome, _closed) = (NewWelcome(), new(TaskCreationOptions.RunContinuationsAsynchronously));
        join.Attempts++;
        var query = _epoch is null ? "history=0" : $"since={_epoch}.{Seq}";
        try
        {
            var (joined, status) = await connector.TryJoinAsync(
                number, $"{query}&user=storm-{number}&session={_session}", this, BufferBytes, ct);
            if (joined is null)
            {
                join.Refusals.Add(status);
                return false;
            }
            _socket = joined;
            var isReturning = _epoch is not null;
            joined.Start();
            var resumed = await _welcome.Task.WaitAsync(ct);
            join.WelcomedAt = Stopwatch.GetTimestamp();
            join.IsResumed = resumed || !isReturning;
            return true;
        }
        catch (CliException)
        {
            join.Failures++;
            return false;
        }
    }

    private void OnWelcome(string epoch, long seq, bool resumed)
    {
        // After a resume the missed events follow; otherwise the member begins at the end of the log.
        if (!resumed)
            Volatile.Write(ref _seq, seq);
        _epoch = epoch;
        _welcome.TrySetResult(resumed);
    }

    private void OnEvent(long seq)
    {
        if (seq != Seq + 1)
            Interlocked.Increment(ref _gaps);
        Volatile.Write(ref _seq, seq);
    }
}

/// <summary>How a member joined.</summary>
internal sealed class StormJoin
{
    /// <summary>Connections that it opened.</summary>
    public int Attempts { get; set; }

    /// <summary>Connections that failed, or ended without an answer.</summary>
    public int Failures { get; set; }

    /// <summary>Statuses of the handshakes that were refused.</summary>
    public List<int> Refusals { get; } = [];

    /// <summary>When the welcome arrived: a <see cref="Stopwatch"/> timestamp.</summary>
    public long WelcomedAt { get; set; }

    /// <summary>Whether the room continued where the member was; true at the first join.</summary>
    public bool IsResumed { get; set; }
}
