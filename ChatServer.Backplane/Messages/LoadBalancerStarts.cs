using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Messages;

/// <summary>Notifies the Apis that a load balancer has started: they register at once, and not with their next heartbeat.</summary>
public sealed class LoadBalancerStarts(BackplaneConnection connection, TimeProvider time)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Announces the start of a load balancer, however long Redis is unavailable.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task AnnounceAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await connection.RunAsync(db => db.PublishAsync(RedisChannel.Literal(RedisNames.LoadBalancerStarted), ""), ct);
                return;
            }
            catch (BackplaneUnavailableException)
            {
                await Task.Delay(RetryDelay, time, ct);
            }
        }
    }

    /// <summary>
    /// Calls <paramref name="onStarted"/>, which must not block, for every start and whenever starts may have been missed, until
    /// <paramref name="ct"/> ends it.
    /// </summary>
    public Task RunAsync(Action onStarted, CancellationToken ct) =>
        RedisSubscription.RunAsync(connection, RedisNames.LoadBalancerStarted, onStarted, _ => onStarted(), time, ct);
}
