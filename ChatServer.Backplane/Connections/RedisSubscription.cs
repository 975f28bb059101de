using System.Threading.Channels;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// One channel, read by a loop of our own: one payload after the other, and a handler that throws ends the loop with its
/// exception instead of silently losing a message.
/// </summary>
internal static class RedisSubscription
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Subscribes, waiting for Redis if need be, and hands on every payload until <paramref name="ct"/> ends it.</summary>
    /// <param name="connection">Where to subscribe; it re-subscribes by itself after a cut.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="onSubscribed">Called once the channel is subscribed and, after a cut, again: what was said meanwhile was
    /// missed.</param>
    /// <param name="onMessage">Gets each payload. Like <paramref name="onSubscribed"/> it must not block; the two never run at
    /// once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends the loop.</param>
    public static async Task RunAsync(
        BackplaneConnection connection, string channel, Action onSubscribed, Action<RedisValue> onMessage, TimeProvider time,
        CancellationToken ct)
    {
        // A null in between the payloads: subscribed (again).
        var events = Channel.CreateUnbounded<RedisValue?>(new UnboundedChannelOptions { SingleReader = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var subscriber = await connection.SubscriberAsync(ct);
        // Without waiting: the library remembers the subscription and makes it whenever it connects. Waiting would throw while Redis is
        // away, and yet leave the queue behind.
        var queue = await subscriber.SubscribeAsync(RedisChannel.Literal(channel), CommandFlags.FireAndForget);
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

    /// <summary>The same in the background of an object that cannot report a failure: there a handler that throws ends the process.</summary>
    public static Task Start(
        BackplaneConnection connection, string channel, Action subscribed, Action<RedisValue> handle, TaskScheduler scheduler,
        TimeProvider time, CancellationToken ct)
    {
        // The first request that needs the subscription starts it, and ends before it: its span must not be the parent of the loop's work.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(async () =>
            {
                try
                {
                    await RunAsync(connection, channel, subscribed, handle, time, ct);
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    Environment.FailFast($"What listens on {channel} failed; this process would be deaf.", e);
                }
            }, ct, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
        }
    }

    // The library tells that it is connected before Redis has heard the SUBSCRIBE. A ping on the same connection is answered after it;
    // so what is read after `confirmed` is not older than the subscription.
    private static async Task ConfirmAsync(
        ISubscriber subscriber, RedisChannel channel, Action confirmed, TimeProvider time, CancellationToken ct)
    {
        var restored = new SemaphoreSlim(1); // not disposed: an event on its way may still release it
        // Whichever connection it was: with RESP3 subscriptions live on the one that is called interactive.
        void OnRestored(object? sender, ConnectionFailedEventArgs e) => restored.Release();
        subscriber.Multiplexer.ConnectionRestored += OnRestored;
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
            subscriber.Multiplexer.ConnectionRestored -= OnRestored;
        }
    }

    private static async Task<bool> IsSubscribedAsync(ISubscriber subscriber, RedisChannel channel, CancellationToken ct)
    {
        try
        {
            await subscriber.PingAsync().WaitAsync(ct);
            return subscriber.IsConnected(channel);
        }
        catch (Exception e) when (BackplaneConnection.IsUnavailable(e))
        {
            ct.ThrowIfCancellationRequested();
            return false;
        }
    }
}
