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

/// <summary>A room behind a load balancer, played by the test: every frame, and every silence, is the test's.</summary>
public sealed class ScriptedRoom : IAsyncDisposable
{
    public const string Name = "lobby";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(int Status, string? RetryAfter)> _refusals = new();
    private readonly Channel<ScriptedConnection> _seats = Channel.CreateUnbounded<ScriptedConnection>();
    private readonly ConcurrentQueue<ScriptedConnection> _all = new();
    private int _knocks;

    private ScriptedRoom(WebApplication app) => _app = app;

    /// <summary>Where a client finds it, as a load balancer.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Handshakes that came, refused ones included.</summary>
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

    /// <summary>The next handshake is refused; several calls, several handshakes.</summary>
    public void Refuse(int status, string? retryAfter = null) => _refusals.Enqueue((status, retryAfter));

    /// <summary>The next connection.</summary>
    public async Task<ScriptedConnection> SeatAsync() => await _seats.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Timeout);

    /// <summary>The next connection, welcomed.</summary>
    public async Task<ScriptedConnection> SeatAsync(long seq, string epoch = "e1", bool resumed = false, string user = "ada",
        object? limits = null)
    {
        var seat = await SeatAsync();
        await seat.WelcomeAsync(seq, epoch, resumed, user, limits);
        return seat;
    }

    /// <summary>Has a client leave whose seat does not listen any more: it would wait for its goodbye to be answered.</summary>
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
        var seat = new ScriptedConnection(socket, context.Request.Query);
        _all.Enqueue(seat);
        _seats.Writer.TryWrite(seat);
        await seat.Ended.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>One connection of the client, seen from the room.</summary>
public sealed class ScriptedConnection(WebSocket socket, IQueryCollection query)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Task Ended => _ended.Task;

    /// <summary>A parameter of the handshake's query; null when it is not there.</summary>
    public string? this[string parameter] => query[parameter];

    public Task WelcomeAsync(
        long seq, string epoch = "e1", bool resumed = false, string user = "ada", object? limits = null, string room = ScriptedRoom.Name) => SendAsync(new
        {
            type = "welcome",
            room,
            title = "Lobby",
            user,
            session = this["session"],
            epoch,
            seq,
            resumed,
            count = 1,
            members = new[] { user },
            limits = limits ?? new { maxFrameBytes = 65536, messagesPerSecond = 0, messageBurst = 100, pingSeconds = 20, silenceSeconds = 45 },
        });

    public Task MessageAsync(long seq, string text = "…", string user = "bob", string id = "x") =>
        SendAsync(new { type = "message", seq, time = "2026-01-31T23:59:59.999Z", user, id, text });

    /// <summary>Sends one message after the other, of somebody else.</summary>
    public async Task MessagesAsync(long first, long last)
    {
        for (var seq = first; seq <= last; seq++)
            await MessageAsync(seq);
    }

    /// <summary>The echo of what the client said.</summary>
    public Task EchoAsync(long seq, JsonElement said, string user = "ada") =>
        MessageAsync(seq, said.GetProperty("text").GetString()!, user, said.GetProperty("id").GetString()!);

    public Task ErrorAsync(string code, JsonElement said) =>
        SendAsync(new { type = "error", code, message = "No.", id = said.GetProperty("id").GetString() });

    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    public Task SendTextAsync(string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, default).WaitAsync(Eventually.Timeout);

    /// <summary>What the client says next; pings too.</summary>
    public async Task<JsonElement> HearAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        var read = await socket.ReceiveAsync(_buffer, patience.Token);
        Assert.Equal(WebSocketMessageType.Text, read.MessageType);
        return JsonSerializer.Deserialize<JsonElement>(_buffer.AsSpan(0, read.Count));
    }

    /// <summary>Waits for the client's Close frame, and gives its code.</summary>
    public async Task<int> HearCloseAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        var read = await socket.ReceiveAsync(_buffer, patience.Token);
        Assert.Equal(WebSocketMessageType.Close, read.MessageType);
        await socket.CloseOutputAsync(socket.CloseStatus!.Value, null, patience.Token);
        _ended.TrySetResult();
        return (int)socket.CloseStatus.Value;
    }

    /// <summary>The <c>closing</c> event (unless there is to be none) and the Close frame.</summary>
    public async Task CloseAsync(int code, bool? reconnect = null, string reason = "why")
    {
        if (reconnect is not null)
            await SendAsync(new { type = "closing", reason, reconnect });
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, default);
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        while ((await socket.ReceiveAsync(_buffer.AsMemory(), patience.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
        _ended.TrySetResult();
    }

    /// <summary>The connection is gone, without a word.</summary>
    public void Break()
    {
        socket.Abort();
        _ended.TrySetResult();
    }
}
