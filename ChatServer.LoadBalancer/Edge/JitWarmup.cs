using System.Net;
using System.Net.Sockets;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Warmup;
using ChatServer.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// Holds members of a room before the load balancer listens. A method is compiled at its first call, and the first callers would otherwise
/// be the members of another load balancer that stops, all at once. Two clients join a room over real sockets, one sends messages, and
/// the room's host is lost and found again. The room is in Redis, in no index (<see cref="WarmupRooms"/>), and is deleted; its host is a
/// <see cref="WarmupHost"/>.
/// </summary>
/// <remarks>Without Redis there is no warm-up: no room could be found either. docs/upgrade.md has the measured gain.</remarks>
internal sealed class JitWarmup(JoinEndpoint join, WarmupRooms rooms, ILogger<JitWarmup> logger)
{
    private const string HostId = "jit-warmup";

    /// <summary>Runs the warm-up, as <see cref="WarmupRun"/> describes.</summary>
    public Task TryRunAsync() => WarmupRun.TryAsync(RunAsync, logger);

    /// <summary>Runs the warm-up to its end.</summary>
    /// <exception cref="IOException">A client received something unexpected.</exception>
    /// <exception cref="SocketException">A loopback connection failed.</exception>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        using var host = new WarmupHost();
        var hosting = host.RunAsync(ct);
        await rooms.CreateAsync(HostId, ct);
        try
        {
            _ = await rooms.ClaimAsync(HostId, $"{IPAddress.Loopback}", host.Port, ct) ?? throw new IOException("The claim was refused.");
            await using var app = NewServer();
            await app.StartAsync(ct);
            await ExchangeMessagesAsync(PortOf(app), host, ct);
        }
        finally
        {
            await rooms.DeleteAsync();
        }
        host.Dispose();
        await hosting;
    }

    private WebApplication NewServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IConnectionListenerFactory>(new DetachableEndPoints(
            new RoomPortsOptions(), TimeProvider.System, NullLogger<RoomPorts>.Instance));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context => await (await join.JoinAsync(context, rooms.Name)).ExecuteAsync(context));
        return app;
    }

    private static int PortOf(WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    private static async Task ExchangeMessagesAsync(int port, WarmupHost host, CancellationToken ct)
    {
        using WarmupClient ada = new(), ben = new();
        await ada.ConnectAsync(port, "user=ada", "", ct);
        // For Ben, events are compressed.
        await ben.ConnectAsync(port, "user=ben", "Sec-WebSocket-Extensions: permessage-deflate\r\n", ct);
        for (var seq = 1; seq <= 3; seq++)
        {
            await ada.SendTextAsync($$"""{"type":"message","id":"{{seq}}","text":"{{new string('.', FrameDeflater.MinBytes)}}"}""", ct);
            await ada.ReceiveUntilAsync($"\"seq\":{seq}", ct);
            if (seq == 2)
                host.DropRelay();
        }
    }
}
