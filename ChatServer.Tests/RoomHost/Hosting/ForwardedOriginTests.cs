using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A reverse proxy that leads to a room's port without a load balancer.</summary>
public sealed class ForwardedOriginTests : HostCluster
{
    private static readonly (string, string)[] Forwarded = [("X-Forwarded-Host", "chat.example"), ("X-Forwarded-Proto", "https")];

    [Theory]
    [InlineData("127.0.0.1", "https://chat.example", HttpStatusCode.SwitchingProtocols)]
    [InlineData("127.0.0.1", "http://chat.example", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1", "https://public.example", HttpStatusCode.SwitchingProtocols)]
    [InlineData("10.0.0.1", "https://chat.example", HttpStatusCode.Forbidden)]
    public async Task Page_of_a_trusted_proxy_and_of_PUBLIC_URL_may_join(string trusted, string origin, HttpStatusCode expected)
    {
        await StartHostAsync(settings:
        [
            ("ALLOWED_ORIGINS", "https://other.example"), ("TRUSTED_PROXIES", trusted), ("PUBLIC_URL", "https://public.example/app"),
        ]);
        var room = await CreateAsync("lobby");
        using var answer = await RoomClient.HandshakeAsync(room.Port, "", [("Origin", origin), .. Forwarded]);
        Assert.Equal(expected, answer.StatusCode);
    }
}
