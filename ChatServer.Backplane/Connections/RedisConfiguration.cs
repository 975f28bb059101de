using System.Net;
using ChatServer.Settings;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>The options of every connection to Redis that override the connection string.</summary>
internal static class RedisConfiguration
{
    /// <summary>Checks that the connection string can be parsed and names an endpoint.</summary>
    /// <exception cref="StartupException">
    /// <paramref name="connectionString"/> is malformed. The message does not repeat it, because it may contain a password.
    /// </exception>
    public static void Check(string connectionString)
    {
        try
        {
            // The parser skips an endpoint that it cannot parse, and takes a URL for the name of a host.
            var endpoints = ConfigurationOptions.Parse(connectionString).EndPoints;
            if (endpoints.Count == 0
                || endpoints.OfType<DnsEndPoint>().Any(name => Uri.CheckHostName(name.Host) == UriHostNameType.Unknown))
                throw new ArgumentException("it names no host and port.");
        }
        catch (ArgumentException e)
        {
            throw new StartupException($"ConnectionStrings__redis is malformed: {e.Message} It looks like localhost:6379,password=secret.");
        }
    }

    /// <summary>
    /// Sets the options: a process starts without Redis; commands fail at once while Redis is unavailable; a connection is retried every
    /// 500 ms, so all functions work within two seconds of Redis' return. If there are several servers, the primary is determined every two
    /// seconds, because no notification reports a promotion; a primary without the data is not used (<see cref="RedisServerGuard"/>). With
    /// <c>serviceName=</c> the endpoints are Sentinels, and <see cref="SentinelTunnel"/> connects to the primary that they name.
    /// </summary>
    /// <param name="options">The parsed connection string.</param>
    /// <param name="sentinel">The tunnel that <see cref="Sentinel"/> returned for the connection string.</param>
    public static ConfigurationOptions Apply(ConfigurationOptions options, SentinelTunnel? sentinel)
    {
        ApplyTimeouts(options);
        if (sentinel is not null)
        {
            options.ServiceName = null;
            options.EndPoints.Clear();
            options.EndPoints.Add(sentinel.Service);
            options.Tunnel = sentinel;
        }
        else if (options.EndPoints.Count > 1)
        {
            options.Tunnel = new RedisServerGuard(options.Clone(), TimeProvider.System);
        }
        return options;
    }

    /// <summary>The tunnel to the primary that the Sentinels name; null without <c>serviceName=</c>.</summary>
    public static SentinelTunnel? Sentinel(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        ApplyTimeouts(options);
        return string.IsNullOrEmpty(options.ServiceName) ? null : new SentinelTunnel(options);
    }

    private static void ApplyTimeouts(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        options.AsyncTimeout = 2000;
        options.SyncTimeout = 2000;
        options.ConnectTimeout = 2000;
        options.KeepAlive = 5;
        options.ConfigCheckSeconds = 2;
    }
}
