using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer.Edge;

/// <summary>The origins whose pages join through a load balancer although <c>ALLOWED_ORIGINS</c> does not name them.</summary>
public sealed class EdgeOriginTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;

    [Fact]
    public async Task Page_of_the_load_balancer_itself_joins()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { AllowedOrigins = "https://other.example" });
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(room, "http://localhost:2000", ("Host", "localhost:2000")));
        Assert.Equal(
            HttpStatusCode.SwitchingProtocols, await StatusAsync(room, $"http://127.0.0.1:{room.Port}", ("Host", $"127.0.0.1:{room.Port}")));
    }

    [Theory]
    [InlineData("http://localhost:3000", "localhost:2000")] // another application on this machine
    [InlineData("https://localhost:2000", "localhost:2000")]
    [InlineData("http://attacker.example:2000", "attacker.example:2000")] // whose name now resolves to this machine
    public async Task Page_of_another_origin_is_refused(string origin, string host)
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { AllowedOrigins = "https://other.example" });
        using var answer = await RoomClient.HandshakeAsync(room.Port, "", ("Origin", origin), ("Host", host));
        await answer.IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.OriginNotAllowed);
    }

    [Fact]
    public async Task Page_of_PUBLIC_URL_joins()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { AllowedOrigins = "", PublicUrl = new("https://chat.example/app") });
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(room, "https://chat.example", ("Host", "inner")));
    }

    private static async Task<HttpStatusCode> StatusAsync(OpenRoom room, string origin, (string, string) host)
    {
        using var answer = await RoomClient.HandshakeAsync(room.Port, "", ("Origin", origin), host);
        return answer.StatusCode;
    }
}
