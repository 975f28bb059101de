using System.Text;
using System.Text.Json;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Conformance;

/// <summary>Bytes of a client, and what the server answers to them.</summary>
/// <param name="Name">Names the case in a failure.</param>
/// <param name="Bytes">The bytes after the handshake.</param>
/// <param name="Close">
/// The code of the server's Close frame; 1000 if the bytes do not end the connection, which the client then closes.
/// </param>
/// <param name="Texts">The ids of the JSON pings that the server received, in their order.</param>
/// <param name="Pings">The payloads of the pings that the server answered, in hexadecimal digits and in their order.</param>
internal sealed record ConformanceCase(string Name, byte[] Bytes, int Close = 1000, string[]? Texts = null, string[]? Pings = null);

/// <summary>
/// RFC 6455 and RFC 7692 over a raw socket. A JSON ping, which the room answers with its id, shows which text the server received. Each
/// test is a table of cases, each on a connection of its own; the derived classes run it at the room's port and through a load balancer.
/// </summary>
public abstract class ConformanceSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    protected const byte Text = 0x81, Binary = 0x82, Close = 0x88, Ping = 0x89, Pong = 0x8A;
    protected const byte FirstFragment = 0x01, MiddleFragment = 0x00, LastFragment = 0x80;

    private OpenRoom? _room;

    /// <summary>A frame with a random mask.</summary>
    protected static byte[] Frame(byte firstByte, ReadOnlySpan<byte> payload = default) => RawWebSocket.Frame(firstByte, payload);

    /// <summary>A text that the server answers with <paramref name="id"/>.</summary>
    protected static byte[] Question(string id, int padding = 0) =>
        Encoding.UTF8.GetBytes($$"""{"type":"ping","id":"{{id}}","x":"{{new string('x', padding)}}"}""");

    /// <summary>Runs the cases concurrently, and reports all that fail.</summary>
    private protected async Task AssertAsync(IEnumerable<ConformanceCase> cases, string? extensions = null)
    {
        var room = await RoomAsync();
        var failures = await Task.WhenAll(cases.Select(async one =>
        {
            // A client that ends its connection waits for no more answers, and may not get them.
            var expected = one.Close == 1000 ? Describe(one.Close, one.Texts ?? [], one.Pings ?? []) : Describe(one.Close, [], []);
            var actual = await RunAsync(room.Port, one, extensions);
            return expected == actual ? null : $"{one.Name}: {actual} instead of {expected}";
        }));
        Assert.Empty(failures.OfType<string>());
    }

    /// <summary>The port to which the clients connect.</summary>
    private protected async Task<OpenRoom> RoomAsync() =>
        _room ??= await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerSecond = 0 });

    private static async Task<string> RunAsync(int port, ConformanceCase one, string? extensions)
    {
        using var client = await RawWebSocket.ConnectAsync(port);
        string[] headers = extensions is null ? [] : [$"Sec-WebSocket-Extensions: {extensions}"];
        var head = await client.HandshakeAsync(RawWebSocket.Request("/?history=0", headers));
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        await client.SendBytesAsync(one.Bytes);
        var answers = (one.Texts?.Length ?? 0) + (one.Pings?.Length ?? 0);
        var isClosing = one.Close != 1000;
        List<string> texts = [], pings = [];
        while (true)
        {
            if (!isClosing && texts.Count + pings.Count >= answers)
            {
                await client.SendCloseAsync(1000);
                isClosing = true;
            }
            RawFrame frame;
            try
            {
                frame = await client.ReadFrameAsync();
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                return $"no Close frame ({error.GetType().Name}) {Describe(0, texts, pings)}";
            }
            if (frame.Opcode == 8) return one.Close == 1000 ? Describe(frame.CloseCode, texts, pings) : Describe(frame.CloseCode, [], []);
            if (frame.Opcode == 10) pings.Add(Convert.ToHexString(frame.Payload));
            else if (frame.Opcode == 1 && (frame.FirstByte & 0x40) == 0 && IdOf(frame.Text) is { } id) texts.Add(id);
        }
    }

    private static string? IdOf(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("type").GetString() == "pong" ? json.RootElement.GetProperty("id").GetString() : null;
    }

    private static string Describe(int close, IEnumerable<string> texts, IEnumerable<string> pings) =>
        $"close {close}, texts [{string.Join(", ", texts)}], pings [{string.Join(", ", pings)}]";
}
