using ChatServer.Settings;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>How every connection to Redis is set up, whatever the connection string leaves open.</summary>
internal static class RedisConfiguration
{
    /// <exception cref="StartupException"><paramref name="connectionString"/> is malformed. It is not repeated: it may hold a password.</exception>
    public static void Check(string connectionString)
    {
        try
        {
            // An endpoint that it cannot read it leaves out.
            if (ConfigurationOptions.Parse(connectionString).EndPoints.Count == 0)
                throw new ArgumentException("it names no host and port.");
        }
        catch (ArgumentException e)
        {
            throw new StartupException($"ConnectionStrings__redis is malformed: {e.Message} It looks like localhost:6379,password=secret.");
        }
    }

    /// <summary>
    /// A process starts without Redis and waits for it; commands fail at once while it is away; a connection is tried again
    /// every 500 ms, so that everything works within a second or two of its return. Where there are several, which of them takes writes is
    /// looked at every two seconds: a replica is promoted a while after its primary went away, and nobody tells us.
    /// </summary>
    public static ConfigurationOptions Apply(ConfigurationOptions options)
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
        return options;
    }
}
