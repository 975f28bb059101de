using ChatServer.Broadcast.Connections;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Handshakes;
using ChatServer.Settings;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class RoomHostOptionsTests
{
    [Fact]
    public void Defaults_match_the_documentation()
    {
        var options = From();

        Assert.Equal((34000, 65535), options.RoomPorts);
        Assert.Equal(10_000, options.MaxRooms);
        Assert.Equal("*", options.AllowedOrigins);
        Assert.Equal(65536, options.MaxFrameBytes);
        Assert.Equal(
            (4000, 20, 100, 200),
            (options.MaxTextLength, options.MessagesPerSecond, options.MessageBurst, options.ConnectionsPerSecond));
        Assert.Equal((10, 20, 45), (options.HandshakeTimeout.TotalSeconds, options.PingInterval.TotalSeconds,
            options.SilenceTimeout.TotalSeconds));
        Assert.Equal(4194304, options.RoomBufferBytes);
        Assert.StartsWith(Environment.MachineName, options.HostId, StringComparison.Ordinal);
        Assert.NotEqual(options.HostId, From().HostId);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("0.0.0.0", null)]
    [InlineData("127.0.0.1", "localhost")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    public void Default_address_is_reachable_by_others(string? bind, string? address) =>
        Assert.Equal(address ?? Environment.MachineName, From(("BIND", bind)).Address);

    [Fact]
    public void Each_setting_is_read()
    {
        var options = From(
            ("HOST_ID", "host-1"), ("HOST", "chat.example"), ("ROOM_PORTS", "40000-40000"), ("MAX_ROOMS", "7"),
            ("ALLOWED_ORIGINS", "https://a"), ("RESERVED_NAMES", "root,staff"),
            ("MAX_FRAME_BYTES", "2048"), ("MAX_TEXT_LENGTH", "99"), ("MESSAGES_PER_SECOND", "0"), ("MESSAGE_BURST", "3"),
            ("CONNECTIONS_PER_SECOND", "0"), ("HANDSHAKE_SECONDS", "4"), ("PING_SECONDS", "5"), ("SILENCE_SECONDS", "6"),
            ("ROOM_BUFFER_BYTES", "262144"));

        Assert.Equal(
            new RoomHostOptions
            {
                HostId = "host-1",
                Address = "chat.example",
                RoomPorts = (40000, 40000),
                MaxRooms = 7,
                AllowedOrigins = "https://a",
                ReservedNames = "root,staff",
                MaxFrameBytes = 2048,
                MaxTextLength = 99,
                MessagesPerSecond = 0,
                MessageBurst = 3,
                ConnectionsPerSecond = 0,
                HandshakeTimeout = TimeSpan.FromSeconds(4),
                PingInterval = TimeSpan.FromSeconds(5),
                SilenceTimeout = TimeSpan.FromSeconds(6),
                RoomBufferBytes = 262144,
            },
            options);
    }

    [Theory]
    [InlineData("HOST_ID", "no spaces")]
    [InlineData("HOST", "no spaces")]
    [InlineData("HOST", "http://host")]
    [InlineData("ALLOWED_ORIGINS", "chat.example")]
    [InlineData("ALLOWED_ORIGINS", "https://chat.example/")]
    [InlineData("ALLOWED_ORIGINS", "https://chat.example, https://chat.example/room")]
    [InlineData("ALLOWED_ORIGINS", "https://chat.example:443")]
    [InlineData("PUBLIC_URL", "chat.example")]
    [InlineData("PUBLIC_URL", "wss://chat.example")]
    [InlineData("PUBLIC_URL", "https://chat.example/?room=lobby")]
    [InlineData("PUBLIC_URL", "https://user@chat.example")]
    [InlineData("RESERVED_NAMES", "root,a\u200bb")]
    [InlineData("ROOM_PORTS", "34000")]
    [InlineData("ROOM_PORTS", "34001-34000")]
    [InlineData("ROOM_PORTS", "0-10")]
    [InlineData("ROOM_PORTS", "34000-65536")]
    [InlineData("ROOM_PORTS", "34000-34001-34002")]
    [InlineData("ROOM_PORTS", "a-b")]
    [InlineData("MAX_ROOMS", "0")]
    [InlineData("MAX_ROOMS", "65537")]
    [InlineData("MAX_ROOMS", "many")]
    [InlineData("MAX_FRAME_BYTES", "65537")]
    [InlineData("MAX_TEXT_LENGTH", "4001")]
    [InlineData("MESSAGES_PER_SECOND", "-1")]
    [InlineData("MESSAGE_BURST", "0")]
    [InlineData("CONNECTIONS_PER_SECOND", "1.5")]
    [InlineData("HANDSHAKE_SECONDS", "0")]
    [InlineData("PING_SECONDS", "86401")]
    [InlineData("SILENCE_SECONDS", "45 s")]
    [InlineData("ROOM_BUFFER_BYTES", "1000")]
    public void Bad_value_is_refused_with_the_setting_name(string name, string value)
    {
        var error = Assert.Throws<StartupException>(() => From((name, value)));

        Assert.StartsWith($"{name} must be ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($", not '{value}'.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HOST", "10.0.0.7")]
    [InlineData("HOST", "::1")]
    [InlineData("HOST", "room_host-1.internal")]
    [InlineData("ALLOWED_ORIGINS", "*")]
    [InlineData("ALLOWED_ORIGINS", "https://chat.example, http://LOCALHOST:3000,null,capacitor://localhost")]
    public void Valid_value_is_used_unchanged(string name, string value)
    {
        var options = From((name, value));

        Assert.Contains(value, (string[])[options.Address, options.AllowedOrigins]);
    }

    private static RoomHostOptions From(params (string Name, string? Value)[] settings) => RoomHostOptions.FromConfiguration(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => s.Value)).Build());
}
