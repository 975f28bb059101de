using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Handshakes;

public abstract class HandshakeBodySpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Theory]
    [InlineData("Content-Length: 4")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Handshake_with_a_body_is_refused_and_reserves_no_seat(string header)
    {
        var room = await OpenAsync(new RoomOptions { MaxMembers = 1 });
        var response = await RawHttp.ExchangeAsync(room.Port,
            "GET /?user=ann HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            $"Sec-WebSocket-Key: {RawWebSocket.Key}\r\n{header}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        Assert.Contains("\"bad-handshake\"", response, StringComparison.Ordinal);

        var ben = await room.JoinAsync("user=ben");
        Assert.Equal(1, ben.Welcome.Json.GetProperty("count").GetInt32());
    }
}

public sealed class HandshakeBodiesInMemory() : HandshakeBodySpecification(null);
