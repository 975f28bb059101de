using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.Cli.Bench;

/// <summary>The fault at the third event, for the member <c>bench-2</c>; other members get correct events.</summary>
public enum RoomFault
{
    None,
    Drop,
    Repeat,

    /// <summary>Sends the fourth event first.</summary>
    Swap,

    /// <summary>Increases the sequence of the event and of all later ones by one.</summary>
    SkipSequence,

    /// <summary>Ends the connection with code 1013.</summary>
    Close,

    /// <summary>Sends also a text that is not JSON.</summary>
    Gibberish,

    /// <summary>Sends also an error to the sender.</summary>
    Refuse,
}

/// <summary>A simulated room with an optional fault. The members of its events have another order than those of a RoomHost.</summary>
public sealed class FaultyRoom : IAsyncDisposable
{
    private const int FaultyEvent = 3;
    private const string Victim = "bench-2";

    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Channel<string>> _members = new();
    private readonly RoomFault _fault;
    private int _seq;
    private string? _held;

    private FaultyRoom(WebApplication app, RoomFault fault) => (_app, _fault) = (app, fault);

    public string Url => $"{new UriBuilder(_app.Urls.Single()) { Scheme = "ws" }.Uri}";

    /// <summary>Starts it; <paramref name="messagesPerSecond"/> is the limit in its welcome.</summary>
    public static async Task<FaultyRoom> StartAsync(RoomFault fault, int messagesPerSecond = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var room = new FaultyRoom(builder.Build(), fault);
        room._app.UseWebSockets();
        room._app.Run(context => room.ServeAsync(context, messagesPerSecond));
        await room._app.StartAsync();
        return room;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context, int messagesPerSecond)
    {
        var user = context.Request.Query["user"].ToString();
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var events = Channel.CreateUnbounded<string>();
        lock (_lock)
        {
            events.Writer.TryWrite($$$"""{"limits":{"messagesPerSecond":{{{messagesPerSecond}}}},"seq":{{{_seq}}},"type":"welcome"}""");
            _members[user] = events;
        }
        var sending = SendAsync(socket, events.Reader, context.RequestAborted);
        try
        {
            var buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: WebSocketMessageType.Text } read)
                Broadcast(user, JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, read.Count)));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The member has disconnected.
        }
        events.Writer.TryComplete();
        await sending;
    }

    private static async Task SendAsync(WebSocket socket, ChannelReader<string> events, CancellationToken ct)
    {
        try
        {
            await foreach (var text in events.ReadAllAsync(ct))
            {
                if (text.Length == 0)
                    await socket.CloseOutputAsync((WebSocketCloseStatus)1013, "too slow", ct);
                else
                    await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, ct);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The member has disconnected.
        }
    }

    private void Broadcast(string user, JsonElement message)
    {
        lock (_lock)
        {
            var seq = ++_seq;
            foreach (var (member, events) in _members)
            {
                foreach (var text in member == Victim ? Spoil(seq, user, message) : [Event(seq, user, message)])
                    events.Writer.TryWrite(text);
            }
            if (_fault == RoomFault.Refuse && seq == FaultyEvent)
                _members[user].Writer.TryWrite("""{"type":"error","code":"rate-limited","message":"Too fast."}""");
        }
    }

    private IEnumerable<string> Spoil(int seq, string user, JsonElement message)
    {
        var text = Event(seq, user, message);
        if (_fault == RoomFault.SkipSequence && seq >= FaultyEvent)
            return [Event(seq + 1, user, message)];
        if (_held is { } held)
        {
            _held = null;
            return [text, held];
        }
        if (seq != FaultyEvent)
            return [text];
        _held = _fault == RoomFault.Swap ? text : null;
        return _fault switch
        {
            RoomFault.Drop or RoomFault.Swap => [],
            RoomFault.Repeat => [text, text],
            RoomFault.Gibberish => [text, "{"],
            RoomFault.Close => [text, ""],
            _ => [text],
        };
    }

    private static string Event(int seq, string user, JsonElement message) =>
        $$"""{"user":"{{user}}","text":{{message.GetProperty("text").GetRawText()}},"type":"message","seq":{{seq}}}""";
}
