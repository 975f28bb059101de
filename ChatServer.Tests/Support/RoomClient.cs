using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace ChatServer.Tests.Support;

/// <summary>An event as a room sent it.</summary>
/// <param name="Json">The whole frame.</param>
public sealed record RoomEvent(JsonElement Json)
{
    public string Type => this["type"]!;
    public long Seq => Json.GetProperty("seq").GetInt64();
    public bool Has(string member) => Json.TryGetProperty(member, out _);

    /// <summary>A string member; null when there is none of that name.</summary>
    public string? this[string member] => Json.TryGetProperty(member, out var value) ? value.GetString() : null;

    /// <summary>A member that is a list of strings.</summary>
    public string[] List(string member) => [.. Json.GetProperty(member).EnumerateArray().Select(e => e.GetString()!)];

    /// <summary>Names of all members, in the order in which they came.</summary>
    public string[] Members => [.. Json.EnumerateObject().Select(p => p.Name)];

    /// <summary>The frame itself.</summary>
    public override string ToString() => Json.GetRawText();
}

/// <summary>
/// A member of a room, as a client on the platform's own WebSocket: joins, says, and reads all the time, so a test asks for what came.
/// Every wait has the deadline of <see cref="Eventually"/> and tells what was seen instead.
/// </summary>
public sealed class RoomClient : IAsyncDisposable
{
    /// <summary>The close code of a connection that ended without a Close frame.</summary>
    public const int NoCloseFrame = 1006;

    private readonly ClientWebSocket _client;
    private readonly Socket _socket;
    private readonly Channel<RoomEvent> _unread = Channel.CreateUnbounded<RoomEvent>();
    private readonly List<RoomEvent> _events = [];
    private readonly Task<(int Code, string Reason)> _reading;
    private int _ids;

    private RoomClient(ClientWebSocket client, Socket socket)
    {
        (_client, _socket) = (client, socket);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The first frame.</summary>
    public RoomEvent Welcome { get; private set; } = null!;

    /// <summary>The name that the room gave it.</summary>
    public string User => Welcome["user"]!;

    public string Session => Welcome["session"]!;

    public string? SubProtocol => _client.SubProtocol;

    /// <summary>Whether the connection is over.</summary>
    public bool HasEnded => _reading.IsCompleted;

    /// <summary>Everything that came so far, the welcome included.</summary>
    public IReadOnlyList<RoomEvent> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    /// <summary>What came so far of the room's log.</summary>
    public IReadOnlyList<RoomEvent> Log => [.. Events.Where(e => e.Type != "welcome" && e.Has("seq"))];

    /// <summary>What to give as <c>since</c> to go on after the last event that came.</summary>
    public string Since => $"{Welcome["epoch"]}.{(Log is [.., var last] ? last.Seq : Welcome.Seq)}";

    /// <summary>Joins at a port of this machine.</summary>
    public static Task<RoomClient> JoinAsync(int port, string query = "", Action<ClientWebSocketOptions>? options = null) =>
        JoinAsync(Url(port, query), options);

    /// <summary>Joins, and waits for the welcome. Throws <see cref="WebSocketException"/> when the room refuses.</summary>
    public static async Task<RoomClient> JoinAsync(Uri url, Action<ClientWebSocketOptions>? options = null)
    {
        Socket? socket = null;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var client = new ClientWebSocket();
        client.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan; // says nothing by itself but pongs
        options?.Invoke(client.Options);
        try
        {
            using var timeout = new CancellationTokenSource(Eventually.Patience);
            using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
            await client.ConnectAsync(url, invoker, timeout.Token);
        }
        catch
        {
            client.Dispose();
            throw;
        }
        var member = new RoomClient(client, socket!);
        member.Welcome = await member.NextAsync();
        Assert.Equal("welcome", member.Welcome.Type);
        return member;
    }

    /// <summary>The room's answer to a handshake, as HTTP; a connection that it accepts is over with the answer.</summary>
    public static async Task<HttpResponseMessage> HandshakeAsync(int port, string query = "", params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient { Timeout = Eventually.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/?{query}");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", RawWebSocket.Key);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            await response.Content.LoadIntoBufferAsync(); // a body that ends
        return response;
    }

    /// <summary>Says something and waits for the acknowledgement: its own message.</summary>
    public async Task<RoomEvent> SayAsync(string text, string? id = null)
    {
        id ??= $"m{++_ids}";
        await SendAsync(new { type = "message", id, text });
        var response = await NextAsync(e => e["id"] == id && e.Type is "error" || e["id"] == id && e["user"] == User, $"the echo of {id}");
        Assert.True(response.Type == "message", $"{response}");
        return response;
    }

    /// <summary>Sends a frame of JSON.</summary>
    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    /// <summary>Sends any text.</summary>
    public Task SendTextAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendBinaryAsync(byte[] bytes) => SendAsync(bytes, WebSocketMessageType.Binary);

    /// <summary>The next event, of any type. What a <c>Next…</c> passes over is still in <see cref="Events"/>.</summary>
    public Task<RoomEvent> NextAsync() => NextAsync(_ => true, "any event");

    /// <summary>The next event of a type.</summary>
    public Task<RoomEvent> NextAsync(string type) => NextAsync(e => e.Type == type, type);

    /// <summary>The next <paramref name="count"/> events of a type.</summary>
    public async Task<RoomEvent[]> NextAsync(string type, int count)
    {
        var events = new RoomEvent[count];
        for (var i = 0; i < count; i++)
            events[i] = await NextAsync(type);
        return events;
    }

    /// <summary>Waits until <paramref name="count"/> events of the room's log have come, and gives all there are.</summary>
    public Task<IReadOnlyList<RoomEvent>> ReadLogAsync(int count) => Eventually.Async(() => Log, log => log.Count >= count);

    /// <summary>Waits until everything that the room sent it up to now has come.</summary>
    public async Task CatchUpAsync()
    {
        var id = $"p{++_ids}";
        await SendAsync(new { type = "ping", id });
        await NextAsync(e => e.Type == "pong" && e["id"] == id, "pong");
    }

    /// <summary>The next event that is meant.</summary>
    public async Task<RoomEvent> NextAsync(Func<RoomEvent, bool> predicate, string description)
    {
        using var timeout = new CancellationTokenSource(Eventually.Patience);
        try
        {
            while (true)
            {
                var next = await _unread.Reader.ReadAsync(timeout.Token);
                if (predicate(next))
                    return next;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            var end = _reading.IsCompleted ? $"closed with {_reading.Result}" : $"open after {Eventually.Patience.TotalSeconds} s";
            var seen = Events.TakeLast(30).Select(seen => $"{seen}").Select(seen => seen[..Math.Min(seen.Length, 200)]);
            throw new InvalidOperationException($"No {description}; {end}. It got:\n{string.Join('\n', seen)}");
        }
    }

    /// <summary>Waits until the room has closed the connection; gives the code, <see cref="NoCloseFrame"/> without a Close frame, and the reason.</summary>
    public Task<(int Code, string Reason)> ClosedAsync() => _reading.WaitAsync(Eventually.Patience);

    /// <summary>Leaves with a Close frame, and waits for the room's.</summary>
    public async Task CloseAsync(ushort code = 1000)
    {
        await _client.CloseOutputAsync((WebSocketCloseStatus)code, "", TestContext.Current.CancellationToken);
        await ClosedAsync();
    }

    /// <summary>Breaks the connection: a reset, no Close frame.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Abort();
        await _reading;
        _client.Dispose();
    }

    private async Task SendAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var timeout = new CancellationTokenSource(Eventually.Patience);
        await _client.SendAsync(bytes, type, endOfMessage: true, timeout.Token);
    }

    private async Task<(int Code, string Reason)> ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        var frame = new MemoryStream();
        try
        {
            while (true)
            {
                var result = await _client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                    break;
                frame.Write(buffer, 0, result.Count);
                if (!result.EndOfMessage)
                    continue;
                Store(new RoomEvent(JsonSerializer.Deserialize<JsonElement>(frame.ToArray())));
                frame.SetLength(0);
            }
            if (_client.State == WebSocketState.CloseReceived)
                await _client.CloseOutputAsync(_client.CloseStatus!.Value, "", CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Aborted, by us or by the room.
        }
        finally
        {
            _unread.Writer.TryComplete();
        }
        return ((int?)_client.CloseStatus ?? NoCloseFrame, _client.CloseStatusDescription ?? "");
    }

    private void Store(RoomEvent received)
    {
        lock (_events)
            _events.Add(received);
        _unread.Writer.TryWrite(received);
    }

    private static Uri Url(int port, string query) => new($"ws://127.0.0.1:{port}/?{query}");
}
