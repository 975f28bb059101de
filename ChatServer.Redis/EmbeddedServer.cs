using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChatServer.Settings;
using Garnet;
using Garnet.server;

namespace ChatServer.Redis;

/// <summary>Garnet with the options that ChatServer needs. Runs until SIGTERM, SIGINT or <see cref="Dispose"/>.</summary>
internal sealed class EmbeddedServer : IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();
    private readonly PosixSignalRegistration _terminate, _interrupt;
    private GarnetServer? _server;

    // Before the server starts: a process that sees the server listen may send a signal at once.
    private EmbeddedServer()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    }

    /// <summary>Recovers the data in the folder, then listens. Takes about a second.</summary>
    /// <exception cref="StartupException">The port is in use, or this machine does not have the address.</exception>
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
        // Rooms append to their logs with Lua scripts, which take less than a millisecond. A script without end would block its connection.
        "--lua", "--lua-script-timeout", "5000",
        // Otherwise scripts of two connections interleave: a room is created twice, a fenced host writes. This mode locks a script's keys.
        "--lua-transaction-mode",
        // Pages are allocated as they fill, so the limit costs nothing at the start (70 MB resident with 64m and with 1g). Beyond the
        // limit, Garnet evicts keys without an error, and with them room logs.
        "--memory", "1g", "--page", "1m", "--index", "8m",
        .. settings.Password is { } password ? (string[])["--auth", "Password", "--password", password] : [],
        .. settings.DataFolder is { } folder ? Persistent(folder) : [],
    ];

    private static string[] Persistent(string folder) =>
    [
        "--checkpointdir", folder, "--recover",
        // A response means that the operating system has the command (0.2 ms). Otherwise kill -9 would lose acknowledged writes.
        "--aof", "--aof-commit-freq", "0", "--aof-commit-wait",
        // A command that waits for the commit blocks a thread of the pool, and the commit needs one too, behind all work from sockets.
        // The pool adds only two threads a second beyond its minimum, and clients that reconnect after a timeout occupy more.
        "--minthreads", "256",
        // Above this size Garnet takes a checkpoint and deletes the log before it; otherwise the log grows without bound.
        "--aof-size-limit", "256m", "--aof-segment-size", "64m",
        // The default device needs a libaio that some distributions lack, and ends the process without it.
        "--device-type", "RandomAccess",
    ];
}
