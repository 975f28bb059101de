using System.Threading.Channels;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Reads one channel in a loop, one payload after the other. An exception of a handler ends the loop; StackExchange.Redis would ignore the
/// exception and lose the message.
/// </summary>
internal static class RedisSubscription
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Subscribes, waits for Redis if it is unavailable, and handles payloads until <paramref name="ct"/> ends it.</summary>
    /// <param name="connection">The connection. It subscribes again by itself after a disconnection.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="onSubscribed">
    /// Called when the channel is subscribed, at the start and after each disconnection, during which messages were lost. Must not block.
    /// </param>
    /// <param name="onMessage">Called with each payload, never concurrently with <paramref name="onSubscribed"/>. Must not block.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends the loop.</param>
    public static async Task RunAsync(
        BackplaneConnection connection, string channel, Action onSubscribed, Action<RedisValue> onMessage, TimeProvider time,
        CancellationToken ct)
    {
        // Payloads; null: the channel was subscribed.
        var events = Channel.CreateUnbounded<RedisValue?>(new UnboundedChannelOptions { SingleReader = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var subscriber = await connection.SubscriberAsync(ct);
        // Fire and forget: the library stores the subscription and sends it whenever it connects. Waiting would throw while Redis is
        // unavailable and still leave the queue behind.
        ChannelMessageQueue? queue = null;
        while (queue is null)
        {
            try
            {
                queue = await subscriber.SubscribeAsync(RedisChannel.Literal(channel), CommandFlags.FireAndForget);
            }
            catch (ObjectDisposedException)
            {
                return; // the process ends, and has closed its connections
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                await Task.Delay(RetryDelay, time, ct);
            }
        }
        queue.OnMessage(message => events.Writer.TryWrite(message.Message));
        var confirming = ConfirmAsync(subscriber, queue.Channel, () => events.Writer.TryWrite(null), time, ended.Token);
        try
        {
            await foreach (var payload in events.Reader.ReadAllAsync(ct))
            {
                if (payload is { } value)
                    onMessage(value);
                else
                    onSubscribed();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        finally
        {
            await ended.CancelAsync();
            await confirming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
        }
    }

    /// <summary>
    /// Runs the loop in the background, for an object that cannot report a failure: an exception of a handler ends the process.
    /// </summary>
    public static Task Start(
        BackplaneConnection connection, string channel, Action onSubscribed, Action<RedisValue> onMessage, TaskScheduler scheduler,
        TimeProvider time, CancellationToken ct)
    {
        // The first request that needs the subscription starts the loop, but its span must not be the parent of the loop's work.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(async () =>
            {
                try
                {
                    await RunAsync(connection, channel, onSubscribed, onMessage, time, ct);
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    Environment.FailFast($"The subscription of {channel} failed; this process would miss its notifications.", e);
                }
            }, ct, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
        }
    }

    // The library reports a connection before Redis has processed the SUBSCRIBE. A ping on the same connection is answered after it, so
    // data that is read after `confirmed` is not older than the subscription. In a cluster the ping may use the connection of another node,
    // and after the loss of a node the library subscribes at another one without reporting a connection.
    private static async Task ConfirmAsync(
        ISubscriber subscriber, RedisChannel channel, Action confirmed, TimeProvider time, CancellationToken ct)
    {
        var restored = new SemaphoreSlim(1); // not disposed: a pending event may still release it
        // Any connection: with RESP3, subscriptions use the one that the library calls interactive.
        void OnChanged(object? sender, ConnectionFailedEventArgs e) => restored.Release();
        subscriber.Multiplexer.ConnectionRestored += OnChanged;
        subscriber.Multiplexer.ConnectionFailed += OnChanged;
        try
        {
            for (; ; )
            {
                await restored.WaitAsync(ct);
                while (!await IsSubscribedAsync(subscriber, channel, ct))
                    await Task.Delay(RetryDelay, time, ct);
                confirmed();
            }
        }
        finally
        {
            subscriber.Multiplexer.ConnectionRestored -= OnChanged;
            subscriber.Multiplexer.ConnectionFailed -= OnChanged;
        }
    }

    private static async Task<bool> IsSubscribedAsync(ISubscriber subscriber, RedisChannel channel, CancellationToken ct)
    {
        try
        {
            await subscriber.PingAsync().WaitAsync(ct);
            return subscriber.IsConnected(channel) && subscriber.SubscribedEndpoint(channel) is not null;
        }
        catch (Exception e) when (BackplaneConnection.IsUnavailable(e))
        {
            ct.ThrowIfCancellationRequested();
            return false;
        }
    }
}
