using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// The host of the room of the JIT warm-up, on the loopback: accepts relays one after another, admits every member, and broadcasts the
/// frames of members as they are. It trusts the load balancer.
/// </summary>
internal sealed class WarmupHost : IFrameHandler, IDisposable
{
    private const string Handshake = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private const string Epoch = "jit-warmup";
    private const int MaxMessageBytes = 64 * 1024;
    private const int RingBytes = 256 * 1024;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly RelayWriter _writer = new(isMasked: false);
    private readonly byte[] _buffer = new byte[MaxMessageBytes];
    private MemberOutbox _answers; // to what was received last
    private Socket? _relay;
    private long _seq;

    public WarmupHost()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Accepts relays until cancelled or disposed.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var relay = _relay = await _listener.AcceptAsync(ct);
                await using var stream = new NetworkStream(relay);
                await ServeAsync(stream, ct);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The warm-up has ended, or fails for the same reason.
        }
    }

    /// <summary>Ends the relay, as a host that died. The load balancer connects the next one.</summary>
    public void DropRelay() => _relay?.Dispose();

    public void Dispose()
    {
        _listener.Dispose();
        _relay?.Dispose();
    }

    private async Task ServeAsync(NetworkStream stream, CancellationToken ct)
    {
        var request = "";
        while (!request.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var received = await stream.ReadAsync(_buffer, ct);
            if (received == 0)
                return;
            request += Encoding.Latin1.GetString(_buffer, 0, received);
        }
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Handshake), ct);
        var reader = new FrameReader(MaxMessageBytes, peer: FramePeer.Relay);
        try
        {
            while (await stream.ReadAsync(_buffer, ct) is > 0 and var received)
            {
                reader.Read(_buffer.AsSpan(0, received), this);
                await stream.WriteAsync(_answers.Bytes.ToArray(), ct);
                _answers.Clear();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // DropRelay.
        }
        finally
        {
            reader.Release();
            _answers.Clear();
        }
    }

    void IFrameHandler.OnBinary(ReadOnlySpan<byte> bytes)
    {
        var message = new RelayReader(bytes);
        switch (message.Type())
        {
            case RelayMessage.Attach:
                var attach = message.RestAsJson<RelayAttach>();
                _answers.Add(_writer.Attached(new RelayAttached(
                    Term: 1, Epoch, Resumed: true, _seq, IsDurable: true, MaxMessageBytes, Minute, Minute, RingBytes)));
                foreach (var member in attach.Members)
                    _answers.Add(_writer.Follow(member.Number));
                break;
            case RelayMessage.Join:
                Accept(message.Number(), message.RestAsJson<RelayJoin>());
                break;
            case RelayMessage.Text:
                var (sender, frame) = (message.Number(), message.Number());
                message.Flag();
                _seq++;
                _answers.AddText(Encoding.UTF8.GetBytes($$"""{"type":"message","seq":{{_seq}},"frame":{{message.RestAsText()}}}"""));
                _answers.Add(_writer.Acks([(sender, frame)]));
                break;
        }
    }

    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8)
    {
    }

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload) => _answers.Add(FrameWriter.Pong(payload));

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code, ReadOnlySpan<byte> reason)
    {
    }

    void IFrameHandler.OnViolation(ushort code, string reason)
    {
    }

    void IFrameHandler.OnReceived()
    {
    }

    void IFrameHandler.OnEnd()
    {
    }

    private void Accept(uint member, RelayJoin join)
    {
        var headers = join.Headers.Where(header => header.Key == "Sec-WebSocket-Extensions")
            .Prepend(new("Connection", "Upgrade")).Prepend(new("Upgrade", "websocket"));
        _answers.Add(_writer.Accepted(member, new RelayAccepted([.. headers], State: "", JoinNumber: member, After: _seq), default));
        var welcome = new MemberOutbox();
        welcome.AddText("""{"type":"welcome"}"""u8);
        _answers.Add(_writer.Unicast(member, after: _seq, expectsNextPage: false, welcome.Bytes));
        welcome.Clear();
        _answers.Add(_writer.Follow(member));
    }
}
