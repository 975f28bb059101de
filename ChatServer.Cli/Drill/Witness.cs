using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using ChatServer.Client;
using ChatServer.Contracts;

namespace ChatServer.Cli.Drill;

/// <summary>
/// A member without client logic: it resumes after the last event and records all that follow. A client removes duplicates; a
/// witness records them.
/// </summary>
internal sealed class Witness : IAsyncDisposable
{
    // More than the largest frame or welcome of the contract.
    private const int MaxFrameBytes = 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(100);

    // Limit of silence on a connection: rooms of a drill always have messages.
    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(45);

    private readonly string _room;
    private readonly IReadOnlyList<Uri> _balancers;
    private readonly Outages _outages;
    private readonly string _session = $"{Guid.NewGuid():N}";
    private readonly CancellationTokenSource _leaving = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private string? _epoch;
    private string? _lostReason;
    private int _attempts = Random.Shared.Next(1024);

    private Witness(HistoryChecker checker, IReadOnlyList<Uri> balancers, Outages outages)
    {
        (_room, _balancers, _outages) = (checker.Room, balancers, outages);
        History = checker.Join("the witness");
        _running = RunAsync();
    }

    public MemberHistory History { get; }

    /// <summary>Joins, and reconnects until it is disposed.</summary>
    public static async Task<Witness> JoinAsync(
        HistoryChecker checker, IReadOnlyList<Uri> balancers, Outages outages, CancellationToken ct)
    {
        var witness = new Witness(checker, balancers, outages);
        await witness._joined.Task.WaitAsync(ct);
        return witness;
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _running;
        _leaving.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_leaving.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync();
            }
            catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException
                or JsonException or KeyNotFoundException or InvalidOperationException)
            {
                // It reconnects after any failure.
                _lostReason ??= e.Message;
            }
            await Task.Delay(ReconnectDelay, _leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync()
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        using (var connecting = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token))
        {
            connecting.CancelAfter(ConnectTimeout);
            await socket.ConnectAsync(JoinUrl(), connecting.Token);
        }
        var frame = new byte[MaxFrameBytes];
        for (; ; )
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
            silence.CancelAfter(SilenceTimeout);
            var length = 0;
            ValueWebSocketReceiveResult read;
            do
            {
                read = await socket.ReceiveAsync(frame.AsMemory(length), silence.Token);
                length += read.Count;
            }
            while (!read.EndOfMessage);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                _lostReason ??= $"{(int?)socket.CloseStatus} {socket.CloseStatusDescription}";
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, silence.Token);
                return;
            }
            HandleEvent(JsonSerializer.Deserialize<JsonElement>(frame.AsSpan(0, length)));
        }
    }

    private void HandleEvent(JsonElement e)
    {
        var type = e.GetProperty("type").GetString();
        if (type == "welcome")
        {
            var epoch = e.GetProperty("epoch").GetString()!;
            // At the first join there is no history to continue.
            if (History.Newest is not null && !e.GetProperty("resumed").GetBoolean())
                History.AddAnnouncedBreak();
            _epoch = epoch;
            History.User = e.GetProperty("user").GetString()!;
            History.Presence.Replace(e.GetProperty("count").GetInt32(), Names(e, "members"));
            if (!_joined.TrySetResult())
                _outages.AddReconnect(new Reconnect(History, _room, null, _lostReason ?? ""));
            _lostReason = null;
        }
        else if (type == "presence")
        {
            if (e.TryGetProperty("members", out _))
                History.Presence.Replace(e.GetProperty("count").GetInt32(), Names(e, "members"));
            else
                History.Presence.Change(e.GetProperty("count").GetInt32(), Names(e, "joined"), Names(e, "left"));
        }
        else if (e.TryGetProperty("seq", out var seq))
        {
            History.AddSeen(_epoch!, seq.GetInt64(), type == "message" ? e.GetProperty("text").GetString() : null);
        }
    }

    private static IEnumerable<string> Names(JsonElement e, string member) =>
        e.GetProperty(member).EnumerateArray().Select(name => name.GetString()!);

    private Uri JoinUrl()
    {
        var balancer = _balancers[_attempts++ % _balancers.Count];
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"{RoomUrls.Through(balancer, _room)}?session={_session}&user=witness&history={RoomOptions.MaxHistory}");
        return new Uri(History.Newest is { } newest ? $"{query}&since={newest}" : query);
    }
}
