using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace ChatServer.Tests.Support;

/// <summary>An event that a room has sent.</summary>
/// <param name="Json">The whole frame.</param>
public sealed record RoomEvent(JsonElement Json)
{
    public string Type => this["type"]!;
    public long Seq => Json.GetProperty("seq").GetInt64();
    public bool Has(string member) => Json.TryGetProperty(member, out _);

    /// <summary>The value of a string member; null if the event does not have the member.</summary>
    public string? this[string member] => Json.TryGetProperty(member, out var value) ? value.GetString() : null;

    /// <summary>The value of a member that is a list of strings.</summary>
    public string[] List(string member) => [.. Json.GetProperty(member).EnumerateArray().Select(e => e.GetString()!)];

    /// <summary>The names of all members, in their order in the frame.</summary>
    public string[] Members => [.. Json.EnumerateObject().Select(p => p.Name)];

    /// <summary>The JSON of the frame, unchanged.</summary>
    public override string ToString() => Json.GetRawText();
}

/// <summary>
/// A member of a room that uses <see cref="ClientWebSocket"/>. It reads continuously and keeps all events. Each wait has the timeout of
/// <see cref="Eventually"/>, and reports the received events if it fails.
/// </summary>
public sealed class RoomClient : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The code that <see cref="ClosedAsync"/> returns for a connection that ended without a Close frame.</summary>
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

    /// <summary>The first event.</summary>
    public RoomEvent Welcome { get; private set; } = null!;

    /// <summary>The name that the room has assigned.</summary>
    public string User => Welcome["user"]!;

    public string Session => Welcome["session"]!;

    public string? SubProtocol => _client.SubProtocol;

    /// <summary>Whether the connection has ended.</summary>
    public bool HasEnded => _reading.IsCompleted;

    /// <summary>All events received so far, including the welcome.</summary>
    public IReadOnlyList<RoomEvent> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    /// <summary>The events of the room's log that were received so far.</summary>
    public IReadOnlyList<RoomEvent> Log => [.. Events.Where(e => e.Type != "welcome" && e.Has("seq"))];

    /// <summary>The value of <c>since</c> that resumes after the last received event.</summary>
    public string Since => $"{Welcome["epoch"]}.{(Log is [.., var last] ? last.Seq : Welcome.Seq)}";

    /// <summary>Joins through a port of this machine.</summary>
    public static Task<RoomClient> JoinAsync(int port, string query = "", Action<ClientWebSocketOptions>? options = null) =>
        JoinAsync(Url(port, query), options);

    /// <summary>Joins, and waits for the welcome. Throws <see cref="WebSocketException"/> if the room refuses the handshake.</summary>
    /// <param name="url">The address of the room.</param>
    /// <param name="options">Sets options of the handshake.</param>
    /// <param name="tls">The client's part of TLS, for an address with <c>wss</c>.</param>
    /// <param name="connect">Opens the connection; null: to the address in <paramref name="url"/>.</param>
    public static async Task<RoomClient> JoinAsync(
        Uri url, Action<ClientWebSocketOptions>? options = null, SslClientAuthenticationOptions? tls = null,
        Func<CancellationToken, Task<Socket>>? connect = null)
    {
        Socket? socket = null;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                socket = await (connect?.Invoke(ct) ?? ConnectAsync(context.DnsEndPoint, ct));
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        if (tls is not null) handler.SslOptions = tls;
        var client = new ClientWebSocket();
        client.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan; // sends nothing by itself except pongs
        options?.Invoke(client.Options);
        try
        {
            using var timeout = new CancellationTokenSource(Eventually.Timeout);
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

    /// <summary>Sends a handshake, and returns the HTTP response. The connection is closed even if the room accepts it.</summary>
    public static Task<HttpResponseMessage> HandshakeAsync(int port, string query = "", params (string Name, string Value)[] headers) =>
        HandshakeAsync(new Uri($"http://127.0.0.1:{port}/?{query}"), headers);

    /// <summary>The same at any address.</summary>
    public static async Task<HttpResponseMessage> HandshakeAsync(Uri url, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient { Timeout = Eventually.Timeout };
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", RawWebSocket.Key);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            await response.Content.LoadIntoBufferAsync(); // only a refusal has a body with an end
        return response;
    }

    /// <summary>
    /// Sends a message, and waits for its acknowledgement, which is the event of the message. Like the clients, it sends the message again
    /// while the room answers <c>unavailable</c>: a host on a busy machine can lose its lease for a moment.
    /// </summary>
    public async Task<RoomEvent> SayAsync(string text, string? id = null)
    {
        id ??= $"m{++_ids}";
        var watch = Stopwatch.StartNew();
        RoomEvent response;
        while (true)
        {
            await SendAsync(new { type = "message", id, text });
            response = await NextAsync(e => e["id"] == id && (e.Type is "error" || e["user"] == User), $"the echo of {id}");
            if (response["code"] != "unavailable" || watch.Elapsed > Eventually.Timeout) break;
            await Task.Delay(RetryPause, TestContext.Current.CancellationToken);
        }
        Assert.True(response.Type == "message", $"{response}");
        return response;
    }

    /// <summary>Sends an object as JSON in a text frame.</summary>
    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    /// <summary>Sends a text frame.</summary>
    public Task SendTextAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendBinaryAsync(byte[] bytes) => SendAsync(bytes, WebSocketMessageType.Binary);

    /// <summary>Waits for the next event of any type. Events that a <c>NextAsync</c> skips stay in <see cref="Events"/>.</summary>
    public Task<RoomEvent> NextAsync() => NextAsync(_ => true, "any event");

    /// <summary>Waits for the next event of a type.</summary>
    public Task<RoomEvent> NextAsync(string type) => NextAsync(e => e.Type == type, type);

    /// <summary>Waits for the next <paramref name="count"/> events of a type.</summary>
    public async Task<RoomEvent[]> NextAsync(string type, int count)
    {
        var events = new RoomEvent[count];
        for (var i = 0; i < count; i++)
            events[i] = await NextAsync(type);
        return events;
    }

    /// <summary>Waits until at least <paramref name="count"/> events of the room's log were received, and returns them.</summary>
    public Task<IReadOnlyList<RoomEvent>> ReadLogAsync(int count) => Eventually.Async(() => Log, log => log.Count >= count);

    /// <summary>Waits until all events that the room has sent so far were received.</summary>
    public async Task CatchUpAsync()
    {
        var id = $"p{++_ids}";
        await SendAsync(new { type = "ping", id });
        await NextAsync(e => e.Type == "pong" && e["id"] == id, "pong");
    }

    /// <summary>Waits for the next event that satisfies <paramref name="predicate"/>.</summary>
    public async Task<RoomEvent> NextAsync(Func<RoomEvent, bool> predicate, string description)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
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
            var end = _reading.IsCompleted ? $"closed with {_reading.Result}" : $"open after {Eventually.Timeout.TotalSeconds} s";
            var seen = Events.TakeLast(30).Select(seen => $"{seen}").Select(seen => seen[..Math.Min(seen.Length, 200)]);
            throw new InvalidOperationException($"No {description}; {end}. Received:\n{string.Join('\n', seen)}");
        }
    }

    /// <summary>
    /// Waits until the connection has ended, and returns code and reason of the room's Close frame. The code is <see cref="NoCloseFrame"/>
    /// if there was none.
    /// </summary>
    public Task<(int Code, string Reason)> ClosedAsync() => _reading.WaitAsync(Eventually.Timeout);

    /// <summary>Sends a Close frame, and waits until the connection has ended.</summary>
    public async Task CloseAsync(ushort code = 1000)
    {
        await _client.CloseOutputAsync((WebSocketCloseStatus)code, "", TestContext.Current.CancellationToken);
        await ClosedAsync();
    }

    /// <summary>Resets the connection without a Close frame.</summary>
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
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
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
            // Aborted by this client or by the room.
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

    private static async Task<Socket> ConnectAsync(DnsEndPoint endpoint, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint, ct);
        return socket;
    }

    private static Uri Url(int port, string query) => new($"ws://127.0.0.1:{port}/?{query}");
}
