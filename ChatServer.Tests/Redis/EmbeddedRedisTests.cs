using System.Net;
using System.Net.Sockets;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Redis;

public sealed class EmbeddedRedisTests(EmbeddedRedis redis) : IClassFixture<EmbeddedRedis>, IAsyncLifetime
{
    private ConnectionMultiplexer _connection = null!;

    private IDatabase Database => _connection.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        await redis.EnsureStartedAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public async Task A_script_called_by_its_digest_pushes_many_values_at_once()
    {
        const string Append = "redis.call('RPUSH', KEYS[1], unpack(ARGV, 2)) return redis.call('HINCRBY', KEYS[2], 'seq', ARGV[1])";
        var server = _connection.GetServers().Single();
        var digest = await server.ScriptLoadAsync(Append);
        RedisValue[] arguments = [200, .. Enumerable.Range(1, 200).Select(number => (RedisValue)$"event {number}")];

        var seq = (long)await Database.ScriptEvaluateAsync(digest, ["{script}:log", "{script}:state"], arguments);

        Assert.Equal(200, seq);
        Assert.Equal("event 200", await Database.ListGetByIndexAsync("{script}:log", -1));
    }

    [Fact]
    public async Task A_script_that_never_ends_is_stopped()
    {
        var options = ConfigurationOptions.Parse(redis.ConnectionString);
        options.AsyncTimeout = (int)Eventually.Timeout.TotalMilliseconds;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);

        var error = await Assert.ThrowsAsync<RedisServerException>(
            () => connection.GetDatabase().ScriptEvaluateAsync("while true do end"));

        Assert.Contains("timeout", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_published_message_reaches_the_subscriber()
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = RedisChannel.Literal("news");
        await _connection.GetSubscriber().SubscribeAsync(channel, (_, text) => heard.TrySetResult(text!));

        await Database.PublishAsync(channel, "look");

        Assert.Equal("look", await heard.Task.WaitAsync(Eventually.Timeout));
    }

    [Fact]
    public async Task Names_are_paged_in_their_order()
    {
        await Database.SortedSetAddAsync("names", [new("b", 0), new("d", 0), new("a", 0), new("c", 0)]);

        var page = await Database.SortedSetRangeByValueAsync("names", "a", exclude: Exclude.Start, take: 2);

        Assert.Equal(["b", "c"], page.Select(name => (string?)name));
    }

    [Fact]
    public async Task A_list_is_trimmed_to_its_newest_and_a_hash_counts()
    {
        await Database.ListRightPushAsync("list", ["1", "2", "3", "4"]);
        await Database.ListTrimAsync("list", -2, -1);
        await Database.HashIncrementAsync("hash", "n", 2);

        Assert.Equal(["3", "4"], (await Database.ListRangeAsync("list")).Select(value => (string?)value));
        Assert.Equal(2, (int)await Database.HashGetAsync("hash", "n"));
    }

    [Fact]
    public async Task A_key_expires_after_its_milliseconds()
    {
        Assert.True(await Database.StringSetAsync("lease", "held", TimeSpan.FromSeconds(1), when: When.NotExists));
        Assert.False(await Database.StringSetAsync("lease", "again", TimeSpan.FromSeconds(1), when: When.NotExists));

        await Eventually.Async(() => Database.KeyExistsAsync("lease"), exists => !exists);
    }

    [Fact]
    public async Task Kill_9_loses_no_acknowledged_write()
    {
        await using var server = new DataFolderRedis();
        await server.StartAsync();
        var acknowledged = new List<int>[4];
        await using (var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString))
        {
            var database = connection.GetDatabase();
            var writers = Enumerable.Range(0, acknowledged.Length)
                .Select(w => WriteUntilCutOff(database, w, acknowledged[w] = [])).ToArray();
            await Eventually.Async(() => acknowledged.Sum(list => list.Count) > 500);
            await server.KillAsync();
            await Task.WhenAll(writers);
        }
        await server.StartAsync();
        await using var after = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);

        for (var writer = 0; writer < acknowledged.Length; writer++)
        {
            var list = await after.GetDatabase().ListRangeAsync($"list:{writer}");
            Assert.True(list.Length >= acknowledged[writer].Count, $"{acknowledged[writer].Count} acknowledged, {list.Length} kept");
            Assert.Equal(acknowledged[writer], list.Take(acknowledged[writer].Count).Select(value => (int)value));
            Assert.True((int)await after.GetDatabase().StringGetAsync($"last:{writer}") >= acknowledged[writer][^1]);
        }
    }

    // Each command blocks a thread of the server, and its commit needs one too. The time limit of the library is five seconds.
    [Fact]
    public async Task Connections_right_after_the_start_are_all_answered()
    {
        await using var server = new DataFolderRedis();
        await server.StartAsync();
        var connections = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(_ => ConnectionMultiplexer.ConnectAsync(server.ConnectionString)));

        await Task.WhenAll(connections.Select((connection, i) => connection.GetDatabase().StringSetAsync($"of:{i}", i)));

        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_stop_keeps_the_data_too()
    {
        await using var server = new DataFolderRedis();
        await server.StartAsync();
        await using (var before = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString))
            await before.GetDatabase().HashSetAsync("room", "seq", 7);
        await server.StopAsync();
        await server.StartAsync();
        await using var after = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);

        Assert.Equal(7, (int)await after.GetDatabase().HashGetAsync("room", "seq"));
    }

    [Theory]
    [InlineData("PORT", "http")]
    [InlineData("PORT", "0")]
    [InlineData("PORT", "70000")]
    [InlineData("BIND", "example")]
    [InlineData("REDIS_DATA", "/dev/null/data")]
    public async Task Invalid_setting_stops_the_start_with_one_line_that_names_it(string name, string value)
    {
        await using var process = EmbeddedRedisProcess.Start(("PORT", $"{FreePort.Next()}"), (name, value));
        await AssertRefused(process, name);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_one_line()
    {
        await using var process = EmbeddedRedisProcess.Start(("PORT", $"{redis.Port}"));
        await AssertRefused(process, "PORT");
    }

    [Fact]
    public async Task A_data_folder_serves_one_process_at_a_time()
    {
        await using var server = new DataFolderRedis();
        await server.StartAsync();
        await using var second = EmbeddedRedisProcess.Start(("PORT", $"{FreePort.Next()}"), ("REDIS_DATA", server.Folder));
        await AssertRefused(second, "REDIS_DATA");
    }

    [Fact]
    public async Task Sigterm_ends_it_with_0_and_frees_the_port()
    {
        var port = FreePort.Next();
        await using var process = EmbeddedRedisProcess.Start(("PORT", $"{port}"));
        await Eventually.Async(() => process.Output.Contains("Redis (Garnet) on 127.0.0.1", StringComparison.Ordinal));

        await process.StopAsync();

        Assert.Equal(0, process.ExitCode);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
    }

    private static async Task AssertRefused(ServerProcess process, string variable)
    {
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(variable, line, StringComparison.Ordinal);
    }

    private static async Task WriteUntilCutOff(IDatabase database, int writer, List<int> acknowledged)
    {
        try
        {
            for (var number = 1; ; number++)
            {
                // With a script too: Garnet logs the commands of scripts differently.
                await database.ScriptEvaluateAsync("return redis.call('RPUSH', KEYS[1], unpack(ARGV))", [$"list:{writer}"], [number]);
                await database.StringSetAsync($"last:{writer}", number);
                acknowledged.Add(number);
            }
        }
        catch (RedisException)
        {
            // The server was killed: an unacknowledged write may be stored or not.
        }
    }
}
