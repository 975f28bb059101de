using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>
/// A simulated room: answers a GET with its name, sends it as the first message of a WebSocket, and then echoes. With <c>?refuse=429</c>
/// it refuses with that status; with <c>?say=100</c> it sends that many messages before it echoes, beginning with "0", each followed by
/// <see cref="LongWords"/>.
/// </summary>
public sealed class FakeRoom : IAsyncDisposable
{
    public static readonly string LongWords = new('x', 1000);

    private readonly WebApplication _app;

    private FakeRoom(WebApplication app, string name) => (_app, Name) = (app, name);

    public string Name { get; }

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The requests, oldest first.</summary>
    public ConcurrentQueue<(string Target, Dictionary<string, string> Headers)> Requests { get; } = new();

    /// <summary>Whether it checks the room name in the request, as a RoomHost does.</summary>
    public bool IsStrict { get; set; }

    /// <summary>Number of open WebSockets.</summary>
    public int Members => _members;

    /// <summary>Number of messages that it has sent.</summary>
    public int Said => Volatile.Read(ref _said);

    private int _members, _said;

    public static async Task<FakeRoom> StartAsync(string name, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var room = new FakeRoom(builder.Build(), name);
        room._app.UseWebSockets();
        room._app.Run(room.AnswerAsync);
        await room._app.StartAsync();
        return room;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Requests.Enqueue(($"{request.Method} {request.Path}{request.QueryString}",
            request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (IsStrict && request.Headers[RoomUrls.RoomHeader] != Name)
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            await context.Response.WriteAsync("Not here.");
        }
        else if (request.Query["refuse"] is [{ } status])
        {
            context.Response.StatusCode = int.Parse(status, CultureInfo.InvariantCulture);
            context.Response.Headers["Sec-WebSocket-Version"] = "13";
            await context.Response.WriteAsync($"refused with {status}");
        }
        else if (context.WebSockets.IsWebSocketRequest)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(
                context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
            await EchoAsync(
                socket, request.Query["say"] is [{ } count] ? int.Parse(count, CultureInfo.InvariantCulture) : 0, context.RequestAborted);
        }
        else
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            await context.Response.WriteAsync(Name);
        }
    }

    private async Task EchoAsync(WebSocket socket, int messages, CancellationToken ct)
    {
        Interlocked.Increment(ref _members);
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(Name), WebSocketMessageType.Text, true, ct);
            for (var i = 0; i < messages; i++, Interlocked.Increment(ref _said))
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{i}{LongWords}"), WebSocketMessageType.Text, true, ct);
            var buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer.AsMemory(), ct) is { MessageType: not WebSocketMessageType.Close } read)
                await socket.SendAsync(buffer.AsMemory(0, read.Count), read.MessageType, read.EndOfMessage, ct);
            await socket.CloseAsync((WebSocketCloseStatus)4001, "kicked", ct);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The member has disconnected, which the count shows.
        }
        finally
        {
            Interlocked.Decrement(ref _members);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
