using System.Collections.Concurrent;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using StackExchange.Redis;

namespace ChatServer.Backplane.Messages;

/// <summary>
/// Sends commands to the hosts of rooms and receives their replies, through Redis. Commands are not queued: a dead or overloaded host does
/// not reply, and the caller repeats the command or gives up. Every command is safe to repeat.
/// </summary>
public sealed class RoomCommands(
    BackplaneConnection connection, RoomDirectory rooms, IdGenerator ids, TaskScheduler scheduler, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long a host may take to reply. A batch may have to wait for Redis first, at most two seconds.</summary>
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(3);

    // The timeout of every command to Redis.
    private static readonly TimeSpan SubscribeTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<Reply>> _pendingReplies = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _loop;

    /// <summary>
    /// Sends <paramref name="command"/> to the host of its room. Returns null if there is no such room, or if its host did not reply in
    /// time.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<Reply?> AskAsync(Command command, CancellationToken ct)
    {
        var room = await rooms.FindAsync(command.Room, ct);
        if (room is not { State: RoomState.Open })
            return null;
        return await SendAsync(room.HostId, command, ct);
    }

    /// <summary>
    /// Sends <paramref name="command"/> to a host, for a command that does not concern one room. Returns null if the host did not reply in
    /// time.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<Reply?> AskHostAsync(string host, Command command, CancellationToken ct) => SendAsync(host, command, ct);

    private async Task<Reply?> SendAsync(string host, Command command, CancellationToken ct)
    {
        command = command with
        {
            Id = ids.NewId(),
            ReplyTo = connection.Instance,
            Version = DataVersion.Current,
            Traceparent = TraceContext.Current,
        };
        var reply = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pendingReplies[command.Id] = reply;
        try
        {
            await EnsureSubscribedAsync(ct);
            var receivers = await connection.RunAsync(db => db.PublishAsync(
                RedisChannel.Literal(RedisNames.HostChannel(host)),
                "c " + BackplaneJson.Write(command)), ct);
            return receivers > 0 || await MayListenAsync(host, ct) ? await reply.Task.WaitAsync(ReplyTimeout, time, ct) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _pendingReplies.TryRemove(command.Id, out _);
        }
    }

    // The number of receivers is that of one node of a cluster, and the host may listen at another one. A host without a lease is dead.
    private async Task<bool> MayListenAsync(string host, CancellationToken ct) =>
        connection.IsCluster && await connection.RunAsync(db => db.KeyExistsAsync(RedisNames.Host(host)), ct);

    // At the first command: most processes send none.
    private async Task EnsureSubscribedAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            _loop ??= RedisSubscription.Start(
                connection, RedisNames.ReplyChannel(connection.Instance), () => _subscribed.TrySetResult(), OnReply, scheduler, time,
                _stop.Token);
        }
        try
        {
            await _subscribed.Task.WaitAsync(SubscribeTimeout, time, ct);
        }
        catch (TimeoutException e)
        {
            throw new BackplaneUnavailableException("Subscribing to the reply channel timed out.", e);
        }
    }

    private void OnReply(RedisValue payload)
    {
        if (BackplaneJson.TryRead<Reply>(payload!) is { } reply && _pendingReplies.TryRemove(reply.Id, out var waiting))
            waiting.TrySetResult(reply);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_loop is not null)
            await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
