using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatServer.Backplane.Moderation;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using ChatServer.Tests.Tokens;
using ChatServer.Tokens;

namespace ChatServer.Tests.Api;

/// <summary>Tokens that the Api issues, and the calls that accept tokens.</summary>
public sealed class TokenTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Issued_token_has_the_documented_claims()
    {
        await cluster.CreateAsync("claims");

        var data = await IssueAsync("claims", """
            {"user":" Ada ","uid":"user-7","expiresInSeconds":90,"permissions":["moderate","read"],"profile":{"avatar": "a.png"}}
            """);

        var claims = ClaimsOf(data);
        var expiresAt = data.GetProperty("expiresAt").GetDateTimeOffset();
        Assert.Equal(["token", "expiresAt"], data.EnumerateObject().Select(member => member.Name));
        Assert.Equal("user-7", claims.GetProperty("sub").GetString());
        Assert.Equal("Ada", claims.GetProperty("name").GetString());
        Assert.Equal("claims", claims.GetProperty("room").GetString());
        Assert.Equal("""["read","moderate"]""", claims.GetProperty("permissions").GetRawText());
        Assert.Equal("""{"avatar":"a.png"}""", claims.GetProperty("profile").GetRawText());
        Assert.Equal(expiresAt.ToUnixTimeSeconds(), claims.GetProperty("exp").GetInt64());
        Assert.InRange((expiresAt - DateTimeOffset.UtcNow).TotalSeconds, 60, 91);
    }

    [Fact]
    public async Task Token_is_valid_for_a_minute_and_permits_to_read_and_write_by_default()
    {
        await cluster.CreateAsync("defaults");

        var data = await IssueAsync("defaults", """{"user":"Operator"}""");

        Assert.Equal("Operator", ClaimsOf(data).GetProperty("sub").GetString());
        Assert.Equal("""["read","write"]""", ClaimsOf(data).GetProperty("permissions").GetRawText());
        Assert.False(ClaimsOf(data).TryGetProperty("profile", out _));
        Assert.InRange((data.GetProperty("expiresAt").GetDateTimeOffset() - DateTimeOffset.UtcNow).TotalSeconds, 30, 61);
    }

    [Theory]
    [InlineData("""{"uid":"user-7"}""")]
    [InlineData("""{"user":""}""")]
    [InlineData("""{"user":"Ada","uid":"~abc"}""")]
    [InlineData("""{"user":"Ada","uid":""}""")]
    [InlineData("""{"user":"Ada","uid":"key:0123abcd"}""")]
    [InlineData("""{"user":"😀"}""")]
    [InlineData("""{"user":"Ada","expiresInSeconds":0}""")]
    [InlineData("""{"user":"Ada","expiresInSeconds":-5}""")]
    [InlineData("""{"user":"Ada","expiresInSeconds":86401}""")]
    [InlineData("""{"user":"Ada","expiresInSeconds":"60"}""")]
    [InlineData("""{"user":"Ada","permissions":["admin"]}""")]
    [InlineData("""{"user":"Ada","permissions":"read"}""")]
    [InlineData("""{"user":"Ada","permissions":7}""")]
    [InlineData("""{"user":"Ada","profile":"x"}""")]
    [InlineData("""{"user":"Ada","profile":[]}""")]
    [InlineData("""{"user":"Ada","profile":{"a":1,"a":2}}""")]
    [InlineData("""{"user":"Ada","room":"*"}""")]
    public async Task Bad_request_issues_no_token(string body)
    {
        await cluster.CreateAsync("strict");

        await (await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/strict/token", ApiCluster.Key, body))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
    }

    [Fact]
    public async Task Profile_has_at_most_1_KB()
    {
        await cluster.CreateAsync("profiles");
        static string Body(int bytes) => $$$"""{"user":"Ada","profile":{"a":"{{{new string('x', bytes - """{"a":""}""".Length)}}}"}}""";

        await IssueAsync("profiles", Body(1024));
        await (await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/profiles/token", ApiCluster.Key, Body(1025)))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
    }

    [Fact]
    public async Task Token_of_a_missing_room_is_not_issued() =>
        await (await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/nobody/token", ApiCluster.Key, """{"user":"Ada"}"""))
            .IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Token_is_issued_only_with_the_key(string? key) =>
        await (await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/nobody/token", key, "{"))
            .IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);

    [Fact]
    public async Task Join_token_issues_no_token()
    {
        await cluster.CreateAsync("escalation");
        var token = await TokenAsync("escalation", """{"user":"Ada","permissions":["read","write","moderate"]}""");

        foreach (var (method, path) in new[] { (HttpMethod.Post, "token"), (HttpMethod.Post, "message") })
        {
            await (await WithTokenAsync(method, $"/api/v1/room/escalation/{path}", token, """{"user":"Eve","text":"x"}"""))
                .IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        }
        await (await WithTokenAsync(HttpMethod.Get, "/api/v1/rooms", token)).IsProblemAsync(
            HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
    }

    [Fact]
    public async Task Holder_of_a_token_reads_the_history_and_the_description_of_its_private_room()
    {
        var room = await cluster.CreateAsync("mine", """{"private":true}""");
        await cluster.LogAsync(room, "one");
        var token = await TokenAsync("mine", """{"user":"Ada","permissions":["read"]}""");

        using var history = await WithTokenAsync(HttpMethod.Get, "/api/v1/room/mine/messages", token);
        using var description = await WithTokenAsync(HttpMethod.Get, "/api/v1/room/mine", token);

        Assert.Contains("\"one\"", await history.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Contains("\"private\":true", await description.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/room/theirs")]
    [InlineData("/api/v1/room/theirs/messages")]
    [InlineData("/api/v1/room/theirs/messages?limit=0")]
    public async Task Token_of_another_room_or_key_or_without_read_reads_nothing(string path)
    {
        await cluster.CreateAsync("theirs", """{"private":true}""");
        await cluster.CreateAsync("ours");
        var forged = TokenSigner.OfApiKey("another-key", TimeProvider.System).Sign(
            new JoinToken("ada", "Ada", RoomPattern.Parse("theirs")!, DateTimeOffset.UtcNow.AddMinutes(1)));
        string?[] tokens = [null, "", "x", forged, await TokenAsync("ours", """{"user":"Ada"}"""), ApiCluster.Key];

        foreach (var token in tokens)
        {
            await (await WithTokenAsync(HttpMethod.Get, path, token)).IsProblemAsync(
                HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        }
        await (await WithTokenAsync(HttpMethod.Get, path, await TokenAsync("theirs", """{"user":"Ada","permissions":["write"]}""")))
            .IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.Forbidden);
    }

    [Fact]
    public async Task Token_of_every_key_of_a_rotation_is_accepted()
    {
        await cluster.CreateAsync("rotated");
        foreach (var key in new[] { ApiCluster.Key, ApiCluster.OtherKey })
        {
            var token = TokenSigner.OfApiKey(key, TimeProvider.System).Sign(
                new JoinToken("ada", "Ada", RoomPattern.Parse("rot*")!, DateTimeOffset.UtcNow.AddMinutes(1)));
            using var answer = await WithTokenAsync(HttpMethod.Get, "/api/v1/room/rotated/messages", token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Token_of_the_identity_provider_reads_its_room()
    {
        await using var provider = new FakeIdentityProvider();
        var api = await cluster.StartApiAsync(("TOKEN_JWKS", $"{await provider.StartAsync()}"), ("TOKEN_AUDIENCE", "chat"));
        await cluster.CreateAsync("provided", """{"private":true}""");
        var payload = $$"""
            {"sub":"auth0|7","name":"Ada","room":"prov*","aud":"chat","exp":{{DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds()}}}
            """;

        using var answer = await WithTokenAsync(HttpMethod.Get, "/api/v1/room/provided", provider.Sign("EdDSA", "ed", payload), on: api);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Process_writes_no_token_to_its_log()
    {
        await cluster.CreateAsync("logged");
        var api = await cluster.StartApiAsync(("Logging__LogLevel__Default", "Trace"));
        var token = await TokenAsync("logged", """{"user":"Ada"}""");

        foreach (var sent in new[] { token, token[..^9], token + "x" })
            (await WithTokenAsync(HttpMethod.Get, "/api/v1/room/logged/messages", sent, on: api)).Dispose();

        Assert.DoesNotContain(token.Split('.')[1], api.Process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Split('.')[2], api.Process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Token_of_a_banned_user_reads_no_history(bool isBannedEverywhere)
    {
        var room = $"banned-{isBannedEverywhere}";
        await cluster.CreateAsync(room);
        var token = await TokenAsync(room, """{"user":"Ada","uid":"user-7"}""");
        using (var before = await WithTokenAsync(HttpMethod.Get, $"/api/v1/room/{room}/messages", token))
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        var of = isBannedEverywhere ? null : room;
        await cluster.Backplane.Sanctions.ImposeAsync(
            of, new Sanction(SanctionKind.Ban, "user-7", "key:1", DateTimeOffset.UnixEpoch) { Reason = "Spam." }, lifetime: null);

        var problem = await (await WithTokenAsync(HttpMethod.Get, $"/api/v1/room/{room}/messages", token))
            .IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.Banned);

        Assert.Equal("Spam.", problem.GetProperty("reason").GetString());
        using (var byKey = await cluster.Api.SendAsync(HttpMethod.Get, $"/api/v1/room/{room}/messages", ApiCluster.Key))
            Assert.Equal(HttpStatusCode.OK, byKey.StatusCode);
        await cluster.Backplane.Sanctions.LiftAsync(of, SanctionKind.Ban, "user-7");
    }

    private async Task<string> TokenAsync(string room, string body) => (await IssueAsync(room, body)).GetProperty("token").GetString()!;

    private async Task<JsonElement> IssueAsync(string room, string body)
    {
        using var answer = await cluster.Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/token", ApiCluster.Key, body);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonElement.Parse(text).GetProperty("data");
    }

    private static JsonElement ClaimsOf(JsonElement issued) =>
        JsonElement.Parse(Base64Url.DecodeFromChars(issued.GetProperty("token").GetString()!.Split('.')[1]));

    private async Task<HttpResponseMessage> WithTokenAsync(
        HttpMethod method, string path, string? token, string? json = null, ServiceProcess? on = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await (on ?? cluster.Api).Http.SendAsync(request, Ct);
    }
}
