using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.Client;

/// <summary>A simulated room behind a load balancer: the test controls every frame.</summary>
public sealed class ScriptedRoom : IAsyncDisposable
{
    public const string Name = "lobby";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(int Status, string? RetryAfter)> _refusals = new();
    private readonly Channel<ScriptedConnection> _seats = Channel.CreateUnbounded<ScriptedConnection>();
    private readonly ConcurrentQueue<ScriptedConnection> _all = new();
    private int _knocks;

    private ScriptedRoom(WebApplication app) => _app = app;

    /// <summary>Its address, as that of a load balancer.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Number of handshakes, including refused ones.</summary>
    public int Knocks => Volatile.Read(ref _knocks);

    /// <summary>Handshakes wait for this.</summary>
    public Task Door { get; set; } = Task.CompletedTask;

    public static async Task<ScriptedRoom> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var room = new ScriptedRoom(builder.Build());
        room._app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        room._app.Run(room.AnswerAsync);
        await room._app.StartAsync();
        return room;
    }

    /// <summary>Refuses the next handshake; each call refuses one more.</summary>
    public void Refuse(int status, string? retryAfter = null) => _refusals.Enqueue((status, retryAfter));

    /// <summary>The next connection.</summary>
    public async Task<ScriptedConnection> SeatAsync() => await _seats.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Timeout);

    /// <summary>The next connection, after its welcome.</summary>
    public async Task<ScriptedConnection> SeatAsync(long seq, string epoch = "e1", bool resumed = false, string user = "ada",
        object? limits = null)
    {
        var seat = await SeatAsync();
        await seat.WelcomeAsync(seq, epoch, resumed, user, limits);
        return seat;
    }

    /// <summary>Disposes a client whose connection no longer responds: it would wait for the answer to its Close frame.</summary>
    public async Task LeaveAsync(ChatRoom client)
    {
        var leaving = client.DisposeAsync();
        foreach (var seat in _all)
            seat.Break();
        await leaving;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _knocks);
        await Door;
        if (_refusals.TryDequeue(out var refusal))
        {
            context.Response.StatusCode = refusal.Status;
            if (refusal.RetryAfter is not null)
                context.Response.Headers.RetryAfter = refusal.RetryAfter;
            return;
        }
        Assert.Equal($"/rooms/{Name}", context.Request.Path);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var seat = new ScriptedConnection(socket, context.Request.Query, context.WebSockets.WebSocketRequestedProtocols);
        _all.Enqueue(seat);
        _seats.Writer.TryWrite(seat);
        await seat.Ended.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>One connection of the client, on the room's side.</summary>
public sealed class ScriptedConnection(WebSocket socket, IQueryCollection query, IList<string> protocols)
{
    private const string SessionProtocol = "chat.v1.session.", TokenProtocol = "chat.v1.token.";

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Task Ended => _ended.Task;

    /// <summary>The session, which the client offers as a subprotocol.</summary>
    public string Session { get; } = protocols.Single(protocol => protocol.StartsWith(SessionProtocol, StringComparison.Ordinal))[
        SessionProtocol.Length..];

    /// <summary>The token, which the client offers as a subprotocol; null without one.</summary>
    public string? Token { get; } = protocols.SingleOrDefault(protocol => protocol.StartsWith(TokenProtocol, StringComparison.Ordinal))?[
        TokenProtocol.Length..];

    /// <summary>A parameter of the handshake's query; null if it is missing.</summary>
    public string? this[string parameter] => query[parameter];

    public Task WelcomeAsync(
        long seq, string epoch = "e1", bool resumed = false, string user = "ada", object? limits = null,
        string room = ScriptedRoom.Name) => SendAsync(new
        {
            type = "welcome",
            room,
            title = "Lobby",
            user,
            uid = UidOf(user),
            session = Session,
            epoch,
            seq,
            resumed,
            count = 1,
            members = new[] { user },
            limits = limits
                    ?? new { maxFrameBytes = 65536, messagesPerSecond = 0, messageBurst = 100, pingSeconds = 20, silenceSeconds = 45 },
        });

    private static string UidOf(string user) => $"~{user}";

    public Task MessageAsync(long seq, string text = "…", string user = "bob", string id = "x") =>
        SendAsync(new { type = "message", seq, time = "2026-01-31T23:59:59.999Z", user, uid = UidOf(user), id, text });

    /// <summary>Sends messages of another member.</summary>
    public async Task MessagesAsync(long first, long last)
    {
        for (var seq = first; seq <= last; seq++)
            await MessageAsync(seq);
    }

    /// <summary>Sends the echo of a message of the client.</summary>
    public Task EchoAsync(long seq, JsonElement said, string user = "ada") =>
        MessageAsync(seq, said.GetProperty("text").GetString()!, user, said.GetProperty("id").GetString()!);

    public Task ErrorAsync(string code, JsonElement said, long? retryAfterMs = null) =>
        SendAsync(new { type = "error", code, message = "No.", id = said.GetProperty("id").GetString(), retryAfterMs });

    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    public Task SendTextAsync(string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, default).WaitAsync(Eventually.Timeout);

    /// <summary>The next frame of the client, including pings.</summary>
    public async Task<JsonElement> HearAsync()
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var read = await socket.ReceiveAsync(_buffer, timeout.Token);
        Assert.Equal(WebSocketMessageType.Text, read.MessageType);
        return JsonSerializer.Deserialize<JsonElement>(_buffer.AsSpan(0, read.Count));
    }

    /// <summary>Waits for the client's Close frame and returns its code.</summary>
    public async Task<int> HearCloseAsync()
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var read = await socket.ReceiveAsync(_buffer, timeout.Token);
        Assert.Equal(WebSocketMessageType.Close, read.MessageType);
        await socket.CloseOutputAsync(socket.CloseStatus!.Value, null, timeout.Token);
        _ended.TrySetResult();
        return (int)socket.CloseStatus.Value;
    }

    /// <summary>Sends the <c>closing</c> event, if requested, and the Close frame.</summary>
    public async Task CloseAsync(int code, bool? reconnect = null, string reason = "why")
    {
        if (reconnect is not null)
            await SendAsync(new { type = "closing", reason, reconnect });
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, default);
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        while ((await socket.ReceiveAsync(_buffer.AsMemory(), timeout.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
        _ended.TrySetResult();
    }

    /// <summary>Aborts the connection without a Close frame.</summary>
    public void Break()
    {
        socket.Abort();
        _ended.TrySetResult();
    }
}
