using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Connects clients to the primary that the Sentinels name: each new connection asks them, and a connection to another server is closed
/// within a second. The library therefore knows one server, which is away during a failover, and never another server of the service.
/// </summary>
/// <remarks>
/// The library's own support of Sentinel is not used. It connects to all servers of the service and asks each for its role. An old primary
/// that returns says for about ten seconds that it is the primary, until a Sentinel tells it otherwise: the library then used either of
/// them, and events that the old one acknowledged were lost.
/// </remarks>
internal sealed class SentinelTunnel : Tunnel, IAsyncDisposable
{
    private const int DefaultPort = 26_379;

    // Longer than a Sentinel needs to answer, shorter than the time limit of a connection.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(500);

    private readonly string _service;
    private readonly TimeSpan _connectTimeout;
    private readonly Lazy<Task<ConnectionMultiplexer>> _sentinels;
    private readonly ConcurrentDictionary<PrimaryStream, EndPoint> _streams = new();
    private readonly CancellationTokenSource _disposed = new();
    private volatile EndPoint? _primary;

    /// <summary>Does not connect.</summary>
    /// <param name="options">The endpoints of the Sentinels, and the name of the service.</param>
    public SentinelTunnel(ConfigurationOptions options)
    {
        _service = options.ServiceName!;
        _connectTimeout = TimeSpan.FromMilliseconds(options.ConnectTimeout);
        _sentinels = new(() => Task.Run(() => ConnectAsync(options)));
    }

    /// <summary>The service in place of a server: the library resolves no such name.</summary>
    public EndPoint Service => new DnsEndPoint(_service, DefaultPort);

    // No socket of the library: BeforeAuthenticateAsync connects, because the address must belong to the connection that is closed later.
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        deadline.CancelAfter(_connectTimeout);
        // Without an answer of a Sentinel the last primary is used: the loss of all Sentinels does not interrupt the service.
        var primary = await FindPrimaryAsync().WaitAsync(deadline.Token) ?? _primary
            ?? throw new RedisConnectionException(
                ConnectionFailureType.UnableToConnect, CommandFlags.None, $"No Sentinel names a primary of {_service}.");
        var connected = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            connected.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await connected.ConnectAsync(primary, deadline.Token);
        }
        catch
        {
            connected.Dispose();
            throw;
        }
        var stream = new PrimaryStream(connected, _streams);
        _streams[stream] = primary;
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        if (_sentinels.IsValueCreated && await _sentinels.Value.ContinueWith(
            opened => opened.IsCompletedSuccessfully ? opened.Result : null, TaskScheduler.Default) is { } sentinels)
            await sentinels.DisposeAsync();
        _disposed.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options)
    {
        var own = options.Clone();
        // They are options of the service, and would make the library look for it.
        (own.ServiceName, own.Tunnel, own.User, own.Password) = (null, null, options.SentinelUser, options.SentinelPassword);
        own.ConnectTimeout = options.ConnectTimeout / 2; // opening waits that long for a Sentinel that is away
        (own.CommandMap, own.TieBreaker, own.ConfigurationChannel, own.DefaultDatabase) = (CommandMap.Sentinel, "", "", null);
        own.EndPoints.Clear();
        foreach (var endpoint in options.EndPoints)
        {
            own.EndPoints.Add(endpoint switch
            {
                DnsEndPoint { Port: 0 } name => new DnsEndPoint(name.Host, DefaultPort),
                IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, DefaultPort),
                _ => endpoint,
            });
        }
        var sentinels = await ConnectionMultiplexer.ConnectAsync(own);
        _ = WatchAsync(_disposed.Token);
        return sentinels;
    }

    // A Sentinel also ends the connections of a primary that it makes a replica, but not of one that it cannot reach.
    private async Task WatchAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(WatchInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                if (await FindPrimaryAsync() is not { } primary)
                    continue;
                foreach (var (stream, connectedTo) in _streams)
                {
                    if (!connectedTo.Equals(primary))
                        await stream.DisposeAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    // The answer with the highest configuration epoch: a Sentinel that is cut off from the others names an earlier primary.
    private async Task<EndPoint?> FindPrimaryAsync()
    {
        var sentinels = await _sentinels.Value;
        var answers = await Task.WhenAll(sentinels.GetServers().Select(AskAsync));
        var newest = answers.Where(answer => answer.Primary is not null).DefaultIfEmpty().MaxBy(answer => answer.Epoch);
        return newest.Primary is { } primary ? _primary = primary : null;
    }

    private async Task<(long Epoch, EndPoint? Primary)> AskAsync(IServer sentinel)
    {
        try
        {
            // First the epoch: an address that is read later is not older than it. During a failover only the second command names the
            // server that was promoted.
            var state = await sentinel.SentinelMasterAsync(_service).WaitAsync(AnswerTimeout);
            var epoch = long.Parse(state.FirstOrDefault(field => field.Key == "config-epoch").Value ?? "0", CultureInfo.InvariantCulture);
            return (epoch, await sentinel.SentinelGetMasterAddressByNameAsync(_service).WaitAsync(AnswerTimeout));
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            return default; // away, or it does not know the service
        }
    }

    private sealed class PrimaryStream(Socket socket, ConcurrentDictionary<PrimaryStream, EndPoint> streams)
        : NetworkStream(socket, ownsSocket: true)
    {
        protected override void Dispose(bool disposing)
        {
            streams.TryRemove(this, out _);
            base.Dispose(disposing);
        }
    }
}
