using System.Net.Sockets;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>A Redis process of the tests. It can be stopped, killed, paused and started again on the same port.</summary>
public abstract class RedisServer : IAsyncDisposable
{
    private ServerProcess? _process;

    public int Port { get; private set; } = FreePort.Next();

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>
    /// For tests that accept either kind of Redis: <c>redis-server</c>, which starts faster, or the embedded one if it is not installed.
    /// </summary>
    public static RedisServer Preferred() =>
        OptionalProgram.Find(OptionalProgram.RedisServer) is { } program ? new InstalledRedis(program) : new EmbeddedRedis();

    /// <summary>
    /// Starts the process if it has not been started. A test calls it, not its fixture, because a missing program skips the test.
    /// </summary>
    public Task EnsureStartedAsync() => _process is null ? StartAsync() : Task.CompletedTask;

    /// <summary>
    /// Starts the process, which must not be running, and waits until it answers. If another process has taken the port before the first
    /// start, another port is used.
    /// </summary>
    public async Task StartAsync()
    {
        const int maxAttempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            var isFirstStart = _process is null || attempt > 1;
            if (_process is not null)
                await _process.DisposeAsync();
            var process = _process = Launch();
            // Another server on the port would answer too: the own process must have reported that it listens.
            await Eventually.Async(
                async () => process.HasExited ? "exited" : HasReportedReady(process) ? await PingAsync() : "starting",
                seen => seen is "exited" or "+PONG");
            if (!process.HasExited)
                return;
            if (!isFirstStart || attempt == maxAttempts)
                Assert.Fail($"{GetType().Name} on port {Port} ended with {process.ExitCode}:\n{process.Output}");
            Port = FreePort.Next();
        }
    }

    /// <summary>Sends SIGTERM, and waits for the exit.</summary>
    public Task StopAsync() => _process!.StopAsync();

    /// <summary>Sends SIGKILL, and waits for the exit. The data in memory is lost.</summary>
    public Task KillAsync() => _process!.KillAsync();

    /// <summary>Sends SIGSTOP, and waits until all threads are stopped. The sockets stay open.</summary>
    public Task PauseAsync() => _process!.PauseAsync();

    /// <summary>Sends SIGCONT.</summary>
    public void Resume() => _process!.Resume();

    /// <summary>Deletes all data, as a restart without persistence does.</summary>
    public Task FlushAsync() => ExecuteAsync("FLUSHALL");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ServerProcess Launch();

    /// <summary>Whether the process has written that it accepts connections.</summary>
    protected virtual bool HasReportedReady(ServerProcess process) => true;

    private Task<string> PingAsync() => ExecuteAsync("PING");

    /// <summary>Sends a command whose arguments contain no space, and returns the first bytes of the answer.</summary>
    /// <remarks>Does not use the Redis library of the code under test.</remarks>
    public async Task<string> ExecuteAsync(string command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", Port, deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Encode(command)), deadline.Token);
        var answer = new byte[4096];
        var length = await socket.ReceiveAsync(answer, deadline.Token);
        return Encoding.ASCII.GetString(answer, 0, length).TrimEnd();
    }

    private static string Encode(string command)
    {
        var words = command.Split(' ');
        return $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
    }
}

/// <summary><c>redis-server</c>, without persistence. Skips the test that starts it if the machine has none.</summary>
public sealed class InstalledRedis : RedisServer
{
    private readonly string? _program;

    public InstalledRedis()
    {
    }

    internal InstalledRedis(string program) => _program = program;

    /// <summary>The server of which it is a replica when it starts; null: it starts as a primary.</summary>
    public RedisServer? Primary { get; init; }

    /// <summary>The folder of a node of a cluster; null: it is not a node of a cluster.</summary>
    public string? ClusterFolder { get; init; }

    /// <summary>The port for the other nodes of the cluster. The usual one, 10,000 higher than the other port, may be in use.</summary>
    public int BusPort { get; init; }

    /// <summary>More arguments of the program.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Disconnects it from its primary: no server listens on port 1. It keeps its data.</summary>
    public Task DisconnectFromPrimaryAsync() => ExecuteAsync("REPLICAOF 127.0.0.1 1");

    /// <summary>Promotes it to a primary.</summary>
    public Task PromoteAsync() => ExecuteAsync("REPLICAOF NO ONE");

    protected override bool HasReportedReady(ServerProcess process) =>
        process.Output.Contains("Ready to accept connections", StringComparison.Ordinal);

    protected override ServerProcess Launch() => ServerProcess.Start(
        _program ?? OptionalProgram.Require(OptionalProgram.RedisServer),
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
            // Without delay, and without a file on disk, which the next server that starts in this folder would load.
            "--repl-diskless-sync-delay", "0", "--repl-diskless-load", "swapdb",
            .. Primary is null ? Array.Empty<string>() : ["--replicaof", "127.0.0.1", $"{Primary.Port}"],
            .. ClusterFolder is null ? Array.Empty<string>() : ClusterArguments(Directory.CreateDirectory(ClusterFolder).FullName),
            .. Arguments,
        ]);

    // A lost master is detected after half a second.
    private string[] ClusterArguments(string folder) =>
    [
        "--dir", folder, "--cluster-enabled", "yes", "--cluster-port", $"{BusPort}", "--cluster-node-timeout", "500",
        "--cluster-replica-validity-factor", "0",
    ];
}

/// <summary>The embedded Redis, <c>ChatServer.Redis</c>, without persistence.</summary>
public sealed class EmbeddedRedis : RedisServer
{
    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/ChatServer.Redis/bin/Debug/net10.0/
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.Redis", StringComparison.Ordinal), "ChatServer.Redis.dll");

    /// <summary>Starts the program with a password.</summary>
    public static ServerProcess Launch(int port, string? password) => ServerProcess.Start(
        "dotnet", [Program], new Dictionary<string, string?>
        {
            ["PORT"] = $"{port}",
            ["BIND"] = "127.0.0.1",
            ["REDIS_DATA"] = null,
            ["REDIS_PASSWORD"] = password,
        });

    protected override ServerProcess Launch() => Launch(Port, password: null);
}
