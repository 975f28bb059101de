using ChatServer.Backplane.Connections;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// Keeps a room attached to its host: connects a relay, attaches the members, and does so again when the relay is lost, until
/// it is disposed.
/// </summary>
internal sealed partial class RelayLoop(
    string room, RelayConnector connector, HostLink host, EdgeMembers members, EdgeJoins joins, TurnQueue turns, TimeProvider time,
    ILogger logger) : IDisposable
{
    private static readonly TimeSpan MinReconnectDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _ended = new();

    /// <summary>Begins to connect.</summary>
    public void Start() => _ = RunAsync();

    /// <summary>Ends the relay. Nothing is connected afterwards. In turns.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        host.Disconnect();
    }

    private async Task RunAsync()
    {
        var delay = MinReconnectDelay;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                var relay = await connector.ConnectAsync(room, host.Term, _ended.Token);
                if (relay is null)
                {
                    await InTurnAsync(OnRoomGone);
                    await Task.Delay(RetryDelay, time, _ended.Token);
                    continue;
                }
                if (await RunRelayAsync(relay))
                {
                    delay = MinReconnectDelay;
                    continue;
                }
                await Task.Delay(delay, time, _ended.Token);
                delay = delay * 2 < RetryDelay ? delay * 2 : RetryDelay;
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (e is BackplaneUnavailableException)
                    await InTurnAsync(() => joins.FailAll(e));
                else
                    Log.RelayFailed(logger, room, e);
                await Task.Delay(RetryDelay, time);
            }
        }
    }

    // Returns whether the host has attached this load balancer.
    private async Task<bool> RunRelayAsync(RelayConnection relay)
    {
        var wasAttached = false;
        var messages = new HostMessageHandler(room, host, members, joins, logger);
        await InTurnAsync(() => Connect(relay));
        try
        {
            await relay.RunAsync(messages, InTurnAsync);
        }
        finally
        {
            await InTurnAsync(() =>
            {
                wasAttached = host.IsAttached;
                OnRelayLost(messages.Closed);
            });
        }
        return wasAttached;
    }

    private Task InTurnAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        turns.Post(() =>
        {
            try
            {
                action();
            }
            finally
            {
                done.SetResult();
            }
        });
        return done.Task;
    }

    private void Connect(RelayConnection relay)
    {
        host.Connect(relay, [.. members.Open.Select(member => member.ToRelayMember())]);
        if (_ended.IsCancellationRequested)
            host.Disconnect();
    }

    private void OnRelayLost((ushort Code, string Reason)? closed)
    {
        var hostFailed = closed is null && !host.HasMoved;
        host.Detach();
        if (closed is { Code: CloseCodes.InternalError or >= CloseCodes.Kicked })
            members.CloseAll(closed.Value.Code, closed.Value.Reason, reconnect: closed.Value.Code == CloseCodes.InternalError);
        else if (!host.IsDurable)
        {
            var isSlow = closed?.Code == CloseCodes.TooSlow;
            members.CloseAll(isSlow ? CloseCodes.TooSlow : CloseCodes.GoingAway, isSlow ? "too-slow" : "moved", reconnect: true);
        }
        members.OnHostLost(hostFailed);
    }

    // The room was deleted while there was no relay.
    private void OnRoomGone()
    {
        joins.RefuseAll();
        members.CloseAll(CloseCodes.RoomClosed, "room-closed", reconnect: false);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The relay of room {Room} failed; it is connected again.")]
        public static partial void RelayFailed(ILogger logger, string room, Exception exception);
    }
}
