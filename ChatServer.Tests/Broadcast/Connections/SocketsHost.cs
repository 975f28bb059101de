using System.Net;
using System.Net.Sockets;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.RoomHost.Handshakes;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.Broadcast.Connections;

/// <summary>
/// Kestrel with room ports. Connections echo unless a test sets another handler; a plain request is answered with the name of the room.
/// </summary>
public sealed class SocketsHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SocketsHost(WebApplication app, RoomPorts ports)
    {
        _app = app;
        Ports = ports;
    }

    public RoomPorts Ports { get; }

    /// <summary>Creates the handler of a connection, before the connection is detached from Kestrel.</summary>
    public Func<RoomConnection, EchoHandler> Handler { get; set; } = connection => new EchoHandler(connection);

    internal AllowedOrigins Origins { get; set; } = AllowedOrigins.Any;

    public static async Task<SocketsHost> StartAsync(RoomPortsOptions? options = null)
    {
        var ports = new RoomPorts(options ?? new() { Bind = IPAddress.Loopback }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ports.ListenOn(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0); // An ordinary port beside the room ports: a RoomHost has one for health checks.
        });
        var app = builder.Build();
        var host = new SocketsHost(app, ports);
        app.Run(host.HandleRequestAsync);
        await app.StartAsync();
        return host;
    }

    public ICollection<string> Addresses => _app.Urls;

    /// <summary>Opens a free port.</summary>
    public int Open(object room)
    {
        while (true)
        {
            var port = FreePort.Next();
            if (Ports.Open(port, room) is not null)
                return port;
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleRequestAsync(HttpContext context)
    {
        if (context.Features.Get<RoomConnection>() is not { } connection)
        {
            await context.Response.WriteAsync("health");
            return;
        }
        var handshake = Handshake.Check(context.Request, Origins);
        Handshake.WriteHeaders(handshake, context.Response);
        switch (handshake.Kind)
        {
            case HandshakeKind.None:
                await context.Response.WriteAsync((string)connection.Room);
                break;
            case HandshakeKind.Refused:
                context.Response.StatusCode = handshake.Status;
                await context.Response.WriteAsync(handshake.Code!);
                break;
            default:
                var handler = Handler(connection);
                await connection.DetachAsync(context);
                handler.OnDetached();
                connection.Start(handler);
                break;
        }
    }
}

/// <summary>Echoes every text, answers pings, and answers a Close frame as RFC 6455 requires.</summary>
public class EchoHandler(RoomConnection connection) : IFrameHandler
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ends;

    protected RoomConnection Connection => connection;

    /// <summary>Completes with the first <see cref="IFrameHandler.OnEnd"/>.</summary>
    public Task Ended => _ended.Task;

    public int Ends => Volatile.Read(ref _ends);

    /// <summary>True: the test disposes the connection, not <see cref="OnEnd"/>.</summary>
    public bool LeavesDisposalToTest { get; init; }

    /// <summary>Called after the 101 was sent and before the connection starts.</summary>
    public virtual void OnDetached()
    {
    }

    public virtual void OnText(ReadOnlySpan<byte> utf8) => Send(EncodeFrame(FrameOpcode.Text, utf8));

    public void OnPing(ReadOnlySpan<byte> payload) => Send(FrameWriter.Pong(payload));

    public void OnPong()
    {
    }

    public void OnBinary(ReadOnlySpan<byte> bytes) => Assert.Fail("A member sends no binary messages.");

    public void OnClose(ushort code, ReadOnlySpan<byte> reason) => CloseWith(code == 1005 ? (ushort)1000 : code, "");

    public void OnViolation(ushort code, string reason) => CloseWith(code, reason);

    public virtual void OnReceived()
    {
    }

    public void OnEnd()
    {
        if (!LeavesDisposalToTest)
            connection.Dispose();
        Interlocked.Increment(ref _ends);
        _ended.TrySetResult();
    }

    protected void CloseWith(ushort code, string reason)
    {
        Send(FrameWriter.Close(code, reason));
        connection.Close(TimeSpan.FromSeconds(5));
    }

    protected static byte[] EncodeFrame(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[FrameWriter.HeaderLength(payload.Length) + payload.Length];
        payload.CopyTo(frame.AsSpan(FrameWriter.WriteHeader(frame, opcode, payload.Length)));
        return frame;
    }

    /// <summary>Blocks until the frame is sent. This delays only the peer of this connection.</summary>
    protected void Send(byte[] frame)
    {
        var sent = connection.TrySend(frame);
        if (sent >= 0 && sent < frame.Length)
            connection.SendAsync(frame.AsMemory(sent)).AsTask().GetAwaiter().GetResult();
    }
}
