using System.Net;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using ChatServer.Tests.Tokens;
using ChatServer.Tokens;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Tokens that open nothing, at a room's port and through a load balancer.</summary>
[Collection(AppHostCollection.Name)]
public sealed class TokenAttackTests(SharedAppHost shared) : AbuseTests(shared)
{
    private const string Key = "TESTING_KEY";

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Forged_and_expired_tokens_and_those_of_other_rooms_are_401(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        foreach (var isPrivate in (bool[])[true, false])
        {
            var room = $"tokens-{Guid.NewGuid():N}";
            var port = (await Deployment.CreateAsync(room, new { @private = isPrivate })).Port;
            var here = entrance == Entrance.RoomPort ? new AttackTarget(port, "/") : target with { Path = $"/rooms/{room}" };
            foreach (var (kind, token) in BadTokens(room))
            {
                using var refusal = await RoomClient.HandshakeAsync(here.Url($"user=mallory&token={Uri.EscapeDataString(token)}"));
                Assert.True(refusal.StatusCode == HttpStatusCode.Unauthorized, $"{kind}: {refusal.StatusCode}");
            }
            using (await here.JoinAsync($"token={Sign(room)}"))
                Assert.Equal(1, (await Deployment.GetAsync($"room/{room}/messages")).GetProperty("messages").GetArrayLength() + 1);
        }
    });

    [Fact]
    public async Task Token_that_was_replaced_cannot_be_replayed_on_the_open_connection()
    {
        var room = $"tokens-{Guid.NewGuid():N}";
        await Deployment.CreateAsync(room);
        var (older, newer) = (Sign(room, expiresIn: 60), Sign(room, expiresIn: 120));
        await using var member = await Deployment.JoinAsync(Deployment.Entrances[0], room, $"token={older}");
        await member.SendAsync(new { type = "token", id = "renewal", token = newer });
        await member.NextAsync(e => e.Type == "done" && e["id"] == "renewal", "the renewal");

        await member.SendAsync(new { type = "token", id = "replay", token = older });

        Assert.Equal((int)CloseCodes.Banned, (await member.ClosedAsync()).Code);
    }

    private static Dictionary<string, string> BadTokens(string room)
    {
        var good = Sign(room);
        var claims = JsonSerializer.Serialize(new { sub = "user-7", name = "Ada", room, exp = 9_999_999_999 });
        return new()
        {
            ["empty"] = "",
            ["malformed"] = "a.b.c",
            ["expired, replayed"] = Sign(room, expiresIn: -31),
            ["another room"] = Sign("another-room"),
            ["another prefix"] = Sign("another-*"),
            ["another key"] = Sign(room, key: "another-key"),
            ["the key itself, not derived"] = ForgedToken.Of("""{"alg":"HS256"}""", claims, System.Text.Encoding.UTF8.GetBytes(Key)),
            ["alg none"] = ForgedToken.Of("""{"alg":"none"}""", claims, ForgedToken.DocumentedKey(Key)),
            ["alg none without a signature"] = ForgedToken.Sign("""{"alg":"none"}""", claims, _ => []),
            ["another algorithm"] = ForgedToken.Of("""{"alg":"HS512"}""", claims, ForgedToken.DocumentedKey(Key)),
            ["changed signature"] = good[..^2] + (good[^2] == 'A' ? "B" : "A") + good[^1],
            ["cut signature"] = good[..^4],
            ["other claims under the signature"] = $"{good.Split('.')[0]}.{Sign("another-*").Split('.')[1]}.{good.Split('.')[2]}",
        };
    }

    private static string Sign(string room, int expiresIn = 60, string key = Key) => TokenSigner.OfApiKey(key, TimeProvider.System).Sign(
        new JoinToken("user-7", "Ada", RoomPattern.Parse(room)!, DateTimeOffset.UtcNow.AddSeconds(expiresIn)));
}
