using System.Net.Sockets;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>A Redis of our own, as a process: started, stopped, killed, paused and restarted on the same port.</summary>
public abstract class RedisServer : IAsyncDisposable
{
    private ServerProcess? _process;

    public int Port { get; } = FreePort.Next();

    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>
    /// For tests that accept either server: <c>redis-server</c>, which starts faster, or the embedded one if it is missing.
    /// </summary>
    public static RedisServer Preferred() =>
        OptionalProgram.Find(OptionalProgram.RedisServer) is { } program ? new InstalledRedis(program) : new EmbeddedRedis();

    /// <summary>Starts the process unless this has been done. A test calls it, not its fixture: a missing program skips the test.</summary>
    public Task EnsureStartedAsync() => _process is null ? StartAsync() : Task.CompletedTask;

    /// <summary>Starts the process, which must not run yet, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        var process = _process = Launch();
        await Eventually.Async(async () => process.HasExited ? "exited" : await PingAsync(), seen => seen is "exited" or "+PONG");
        if (process.HasExited)
            Assert.Fail($"{GetType().Name} on port {Port} ended with {process.ExitCode}:\n{process.Output}");
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task StopAsync() => _process!.StopAsync();

    /// <summary>SIGKILL, and waits for the end. What it held in memory is gone.</summary>
    public Task KillAsync() => _process!.KillAsync();

    /// <summary>It stands still with its sockets open.</summary>
    public Task PauseAsync() => _process!.PauseAsync();

    public void Resume() => _process!.Resume();

    /// <summary>Forgets everything, as if it had been started anew.</summary>
    public Task FlushAsync() => ExecuteAsync("*1\r\n$8\r\nFLUSHALL\r\n");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ServerProcess Launch();

    private Task<string> PingAsync() => ExecuteAsync("*1\r\n$4\r\nPING\r\n");

    // Without the library that the code under test uses.
    protected async Task<string> ExecuteAsync(string command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", Port, deadline.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes(command), deadline.Token);
        var answer = new byte[256];
        var length = await socket.ReceiveAsync(answer, deadline.Token);
        return Encoding.ASCII.GetString(answer, 0, length).TrimEnd();
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

    /// <summary>Of which it is a replica when it starts; null: of nobody.</summary>
    public RedisServer? Primary { get; init; }

    /// <summary>From now on it hears nothing of its primary, and keeps what it has: nobody is at port 1.</summary>
    public Task DisconnectFromPrimaryAsync() => ExecuteAsync("REPLICAOF 127.0.0.1 1\r\n");

    /// <summary>Makes it a primary.</summary>
    public Task PromoteAsync() => ExecuteAsync("REPLICAOF NO ONE\r\n");

    protected override ServerProcess Launch() => ServerProcess.Start(
        _program ?? OptionalProgram.Require(OptionalProgram.RedisServer),
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
            // At once, and past the disk: a file would be loaded by whatever server is started in this folder next.
            "--repl-diskless-sync-delay", "0", "--repl-diskless-load", "swapdb",
            .. Primary is null ? Array.Empty<string>() : ["--replicaof", "127.0.0.1", $"{Primary.Port}"],
        ]);
}

/// <summary>The embedded one, ChatServer.Redis, in memory.</summary>
public sealed class EmbeddedRedis : RedisServer
{
    // …/ChatServer.Tests/bin/Debug/net10.0/ beside …/ChatServer.Redis/bin/Debug/net10.0/
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("ChatServer.Tests", "ChatServer.Redis", StringComparison.Ordinal), "ChatServer.Redis.dll");

    protected override ServerProcess Launch() => ServerProcess.Start("dotnet", [Program], new Dictionary<string, string?>
    {
        ["PORT"] = $"{Port}",
        ["BIND"] = "127.0.0.1",
        ["REDIS_DATA"] = null,
    });
}
