using System.Text;
using System.Text.Json;
using ChatServer.Broadcast.Relays;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Relays;

/// <summary>A load balancer's end of a relay, of which the test writes every message.</summary>
internal sealed class RelayClient : IDisposable
{
    private readonly RawWebSocket _socket;
    private readonly RelayWriter _writer = new(isMasked: true);

    private RelayClient(RawWebSocket socket) => _socket = socket;

    /// <summary>Connects, without an attach.</summary>
    public static async Task<RelayClient> ConnectAsync(int port, string secret, int receiveBuffer = 0)
    {
        var (socket, head) = await HandshakeAsync(port, secret, receiveBuffer);
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Protocol: chat.relay.v1", head, StringComparison.OrdinalIgnoreCase);
        return new RelayClient(socket);
    }

    /// <summary>Connects and attaches a load balancer without members.</summary>
    public static async Task<(RelayClient Relay, RelayAttached Room)> AttachAsync(int port, string secret, string loadBalancer = "lb-1") =>
        await AttachAsync(port, secret, new RelayAttach(loadBalancer, Epoch: null, Seq: 0, [], IsLast: true));

    /// <summary>Connects and attaches.</summary>
    public static async Task<(RelayClient Relay, RelayAttached Room)> AttachAsync(
        int port, string secret, RelayAttach attach, int receiveBuffer = 0)
    {
        var relay = await ConnectAsync(port, secret, receiveBuffer);
        await relay.SendAsync(writer => writer.Attach(attach));
        return (relay, (await relay.NextAsync(RelayMessage.Attached)).RestAsJson<RelayAttached>());
    }

    /// <summary>Sends the handshake, and returns the head of the answer.</summary>
    public static async Task<(RawWebSocket Socket, string Head)> HandshakeAsync(int port, string secret, int receiveBuffer = 0)
    {
        var socket = await RawWebSocket.ConnectAsync(port, socket =>
        {
            if (receiveBuffer > 0)
                socket.ReceiveBufferSize = receiveBuffer;
        });
        var head = await socket.HandshakeAsync(RawWebSocket.Request(
            "/", $"Sec-WebSocket-Protocol: {RelayProtocol.SubProtocol}", $"{RelayProtocol.SecretHeader}: {secret}"));
        return (socket, head);
    }

    public async Task SendAsync(WriteRelayMessage write) => await _socket.SendBytesAsync(write(_writer).ToArray());

    public Task SendBytesAsync(byte[] bytes) => _socket.SendBytesAsync(bytes);

    /// <summary>Joins a member.</summary>
    public Task JoinAsync(uint number, string query) => SendAsync(writer => writer.Join(number, Join(query)));

    /// <summary>Joins a member, and returns the host's acceptance.</summary>
    public async Task<RelayAccepted> JoinedAsync(uint number, string query)
    {
        await JoinAsync(number, query);
        var message = await NextAsync(RelayMessage.Accepted);
        Assert.Equal(number, message.Number());
        return message.Json<RelayAccepted>();
    }

    /// <summary>Sends a message of a member.</summary>
    public Task SayAsync(uint member, uint frame, string id, bool isResent = false) => SendAsync(writer => writer.Text(
        member, frame, isResent, JsonSerializer.SerializeToUtf8Bytes(new { type = "message", id, text = id })));

    /// <summary>The next frame that is no ping.</summary>
    public async Task<RawFrame> NextAsync()
    {
        RawFrame frame;
        while ((frame = await _socket.ReadFrameAsync()).Opcode is 9 or 10)
        {
        }
        return frame;
    }

    /// <summary>The next binary message of a type, after its type. Others are skipped.</summary>
    public async Task<Message> NextAsync(RelayMessage type)
    {
        while (true)
        {
            var frame = await NextAsync();
            Assert.NotEqual(8, frame.Opcode);
            if (frame.Opcode == 2 && frame.Payload[0] == (byte)type)
                return new Message(frame.Payload);
        }
    }

    public Task<ushort> CloseCodeAsync() => _socket.ReadCloseCodeAsync();

    public void Dispose() => _socket.Dispose();

    private static RelayJoin Join(string query) => new(
        "HTTP/1.1", $"?{query}",
        [
            new("Connection", "Upgrade"), new("Upgrade", "websocket"), new("Sec-WebSocket-Version", "13"),
            new("Sec-WebSocket-Key", RawWebSocket.Key),
        ],
        "http", "localhost", "192.0.2.1");

    /// <summary>A binary message, read as <see cref="RelayReader"/> does.</summary>
    internal sealed class Message(byte[] bytes)
    {
        private int _position = 1;

        public byte[] Rest => bytes[_position..];

        public uint Number() => Read((ref RelayReader reader) => reader.Number());

        public long Seq() => Read((ref RelayReader reader) => reader.Seq());

        public ushort Code() => Read((ref RelayReader reader) => reader.Code());

        public bool Flag() => Read((ref RelayReader reader) => reader.Flag());

        public T Json<T>() => Read((ref RelayReader reader) => reader.Json<T>());

        public T RestAsJson<T>() => new RelayReader(Rest).RestAsJson<T>();

        private T Read<T>(ReadField<T> read)
        {
            var reader = new RelayReader(Rest);
            var value = read(ref reader);
            _position = bytes.Length - reader.Rest.Length;
            return value;
        }

        private delegate T ReadField<T>(ref RelayReader reader);
    }

    /// <summary>The events that were broadcast and the texts that the member got alone, before the acknowledgement of a frame.</summary>
    public async Task<(List<string> Events, List<string> Unicasts)> UntilAckAsync(uint member, uint frame)
    {
        List<string> events = [], unicasts = [];
        while (true)
        {
            var next = await NextAsync();
            Assert.NotEqual(8, next.Opcode);
            if (next.Opcode == 1)
            {
                events.Add(next.Text);
                continue;
            }
            var message = new RelayClient.Message(next.Payload);
            switch ((RelayMessage)next.Payload[0])
            {
                case RelayMessage.Unicast:
                    Assert.Equal(member, message.Number());
                    message.Seq();
                    message.Flag();
                    unicasts.AddRange(FramesIn(message.Rest).Select(Encoding.UTF8.GetString));
                    break;
                case RelayMessage.Acks:
                    while (message.Rest.Length > 0)
                    {
                        if ((message.Number(), message.Number()) == (member, frame))
                            return (events, unicasts);
                    }
                    break;
            }
        }
    }

    /// <summary>The payloads of unmasked frames.</summary>
    public static List<byte[]> FramesIn(byte[] bytes)
    {
        List<byte[]> payloads = [];
        for (var at = 0; at < bytes.Length;)
        {
            var length = bytes[at + 1] & 0x7F;
            var header = 2;
            if (length == 126)
                (length, header) = (bytes[at + 2] << 8 | bytes[at + 3], 4);
            payloads.Add(bytes[(at + header)..(at + header + length)]);
            at += header + length;
        }
        return payloads;
    }

    /// <summary>The sequence of a message; empty for another event.</summary>
    public static IEnumerable<long> Seqs(byte[] json)
    {
        var element = JsonSerializer.Deserialize<JsonElement>(json);
        return element.GetProperty("type").GetString() == "message" ? [element.GetProperty("seq").GetInt64()] : [];
    }
}
