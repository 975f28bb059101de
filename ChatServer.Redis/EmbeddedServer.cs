using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChatServer.Settings;
using Garnet;
using Garnet.server;

namespace ChatServer.Redis;

/// <summary>Garnet with the options that this product needs of it, until SIGTERM, SIGINT or <see cref="Dispose"/>.</summary>
internal sealed class EmbeddedServer : IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();
    private readonly PosixSignalRegistration _terminate, _interrupt;
    private GarnetServer? _server;

    // The signals first: whoever reads that we listen may stop us at once.
    private EmbeddedServer()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    }

    /// <summary>Recovers what the data folder holds, then listens. Takes about a second.</summary>
    /// <exception cref="StartupException">Someone else has the port, or the address is not of this machine.</exception>
    public static EmbeddedServer Start(RedisSettings settings)
    {
        var server = new EmbeddedServer();
        try
        {
            server._server = new GarnetServer(Arguments(settings));
            server._server.Start();
        }
        catch (Exception error) when ((error as SocketException ?? error.InnerException) is SocketException refused)
        {
            server.Dispose();
            throw new StartupException($"Cannot listen on {settings.Address}:{settings.Port} (BIND, PORT): {refused.Message}");
        }
        Console.WriteLine(
            $"Redis (Garnet) on {settings.Address}:{settings.Port}, " +
            (settings.DataFolder is { } folder ? $"data in {folder}" : "in memory"));
        return server;
    }

    /// <summary>Returns at SIGTERM or SIGINT (Ctrl+C).</summary>
    public void WaitForStop() => _stopped.Wait();

    public void Dispose()
    {
        _server?.Dispose();
        _terminate.Dispose();
        _interrupt.Dispose();
        _stopped.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopped.Set();
    }

    private static string[] Arguments(RedisSettings settings) =>
    [
        "--bind", settings.Address.ToString(),
        "--port", settings.Port.ToString(CultureInfo.InvariantCulture),
        "--logger-level", "Error",
        "-q",
        // Lua runs the room's append. A script that never ends would hold its connection for ever; ours take under a millisecond.
        "--lua", "--lua-script-timeout", "5000",
        // Without it scripts of two connections interleave: a room is created twice, a fenced host writes. With it a script holds its keys.
        "--lua-transaction-mode",
        // Pages are taken as they fill, so the limit costs nothing at the start (70 MB resident with 64m and with 1g), while
        // passing it evicts keys without a word: room logs, members of the truth.
        "--memory", "1g", "--page", "1m", "--index", "8m",
        .. settings.Password is { } password ? (string[])["--auth", "Password", "--password", password] : [],
        .. settings.DataFolder is { } folder ? Persistent(folder) : [],
    ];

    private static string[] Persistent(string folder) =>
    [
        "--checkpointdir", folder, "--recover",
        // An answer means that the operating system has the command (0.2 ms): only then does kill -9 lose nothing acknowledged.
        "--aof", "--aof-commit-freq", "0", "--aof-commit-wait",
        // Whoever waits for that holds a thread of the pool, and the write that is waited for needs one too, behind all that arrives on
        // sockets. The pool adds two threads a second beyond its minimum; clients that give up and come again take more.
        "--minthreads", "256",
        // Past this many bytes Garnet takes a checkpoint and drops the log before it; without it the log grows for ever.
        "--aof-size-limit", "256m", "--aof-segment-size", "64m",
        // The default device needs a libaio that not every distribution has, and takes the process down without it.
        "--device-type", "RandomAccess",
    ];
}
