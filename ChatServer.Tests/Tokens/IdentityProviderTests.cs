using ChatServer.Settings;
using ChatServer.Tests.Support;
using ChatServer.Tokens;
using ChatServer.Tokens.Jwks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Tokens;

/// <summary>Tokens of the operator's own identity provider: its keys, their rotation, and forgeries.</summary>
public sealed class IdentityProviderTests : IAsyncLifetime
{
    private const string Room = "lobby", Issuer = "https://id.example/", Audience = "chat";

    private readonly FakeIdentityProvider _provider = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly string _file = Path.GetTempFileName();
    private JwksUrl? _url;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _url?.Dispose();
        File.Delete(_file);
        await _provider.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256", "rsa")]
    [InlineData("ES256", "ec")]
    [InlineData("EdDSA", "ed")]
    [InlineData("RS256", null)]
    [InlineData("ES256", null)]
    [InlineData("EdDSA", null)]
    public async Task Token_of_the_provider_is_verified(string algorithm, string? kid)
    {
        var verifier = FileVerifier();
        var token = _provider.Sign(algorithm, kid, Payload());

        Assert.Equal("user-7", (await verifier.VerifyAsync(token, Room)).Token?.Uid);
        Assert.Equal(TokenRefusal.WrongRoom, (await verifier.VerifyAsync(token, "other")).Refusal);
        Assert.Equal(TokenRefusal.Invalid, (await verifier.VerifyAsync(ChangeClaim(token), Room)).Refusal);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TokenRefusal.Expired, (await verifier.VerifyAsync(token, Room)).Refusal);
    }

    // The key of one algorithm named by a token of another, and the public key as the secret of an HMAC.
    [Theory]
    [InlineData("RS256", "ec")]
    [InlineData("RS256", "ed")]
    [InlineData("ES256", "rsa")]
    [InlineData("EdDSA", "rsa")]
    [InlineData("HS256", "rsa")]
    [InlineData("none", "rsa")]
    [InlineData("RS512", "rsa")]
    [InlineData("PS256", "rsa")]
    public async Task Token_cannot_choose_the_algorithm_of_a_key(string algorithm, string kid) =>
        Assert.Equal(TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(_provider.Sign(algorithm, kid, Payload()), Room)).Refusal);

    [Theory]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","kid":"rsa"}""")]
    [InlineData("""{"alg":"RS256","kid":"rsa"}""")]
    public async Task Public_key_is_not_accepted_as_a_secret(string header) => Assert.Equal(
        TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(ForgedToken.Of(header, Payload(), _provider.RsaPublicPem), Room)).Refusal);

    [Theory]
    [InlineData("""{"alg":"RS256","jwk":{"kty":"oct","k":"AAAA"}}""")]
    [InlineData("""{"alg":"RS256","jku":"https://evil.example/jwks.json"}""")]
    [InlineData("""{"alg":"RS256","x5u":"https://evil.example/cert"}""")]
    [InlineData("""{"alg":"HS256","kid":"../../dev/null"}""")]
    public async Task Keys_that_a_token_brings_are_ignored(string header) => Assert.Equal(
        TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(ForgedToken.Of(header, Payload(), []), Room)).Refusal);

    [Fact]
    public async Task Symmetric_key_in_the_set_verifies_nothing()
    {
        var secret = "an-oct-key-of-32-bytes-in-the-set"u8.ToArray();
        _provider.Body = FakeIdentityProvider.SetOf(
            _provider.EcJwk(), $$"""{"kty":"oct","kid":"oct","alg":"HS256","k":"{{ForgedToken.Encode(secret)}}"}""");

        Assert.Equal(TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(
            ForgedToken.Of("""{"alg":"HS256","kid":"oct"}""", Payload(), secret), Room)).Refusal);
    }

    [Theory]
    [InlineData(Issuer, "\"chat\"", TokenRefusal.None)]
    [InlineData(Issuer, """["other","chat"]""", TokenRefusal.None)]
    [InlineData("https://evil.example/", "\"chat\"", TokenRefusal.WrongAudience)]
    [InlineData(Issuer, "\"other\"", TokenRefusal.WrongAudience)]
    [InlineData(Issuer, "\"Chat\"", TokenRefusal.WrongAudience)]
    [InlineData(Issuer, "[]", TokenRefusal.WrongAudience)]
    public async Task Issuer_and_audience_are_compared_if_they_are_set(string issuer, string audience, object refusal)
    {
        var token = _provider.Sign("ES256", "ec", Payload($",\"iss\":\"{issuer}\",\"aud\":{audience}"));

        Assert.Equal(refusal, (await FileVerifier(Issuer, Audience).VerifyAsync(token, Room)).Refusal);
        Assert.NotNull((await FileVerifier().VerifyAsync(token, Room)).Token);
    }

    [Fact]
    public async Task Token_without_issuer_and_audience_is_refused_if_they_are_set()
    {
        var token = _provider.Sign("ES256", "ec", Payload());

        Assert.Equal(TokenRefusal.WrongAudience, (await FileVerifier(Issuer).VerifyAsync(token, Room)).Refusal);
        Assert.Equal(TokenRefusal.WrongAudience, (await FileVerifier(audience: Audience).VerifyAsync(token, Room)).Refusal);
    }

    [Fact]
    public async Task Changed_file_is_read_again_and_a_bad_one_leaves_the_known_keys_in_force()
    {
        _provider.Body = FakeIdentityProvider.SetOf(_provider.EcJwk());
        var verifier = FileVerifier();
        var (ec, ed) = (_provider.Sign("ES256", "ec", Payload()), _provider.Sign("EdDSA", "ed", Payload()));
        Assert.Equal((true, false), await VerifiedAsync());

        WriteFile("{");
        Assert.Equal((true, false), await VerifiedAsync());
        File.Delete(_file);
        Assert.Equal((true, false), await VerifiedAsync());
        WriteFile(FakeIdentityProvider.SetOf(_provider.EdJwk()));
        Assert.Equal((false, true), await VerifiedAsync());

        async Task<(bool, bool)> VerifiedAsync() =>
            ((await verifier.VerifyAsync(ec, Room)).Token is not null, (await verifier.VerifyAsync(ed, Room)).Token is not null);
    }

    // As Kubernetes changes a mounted secret: the path is a link, whose target is replaced.
    [Fact]
    public async Task File_behind_a_link_is_read_again_when_the_link_leads_elsewhere()
    {
        var folder = Directory.CreateTempSubdirectory("jwks");
        try
        {
            string Target(string name, string key)
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), FakeIdentityProvider.SetOf(key));
                return Path.Combine(folder.FullName, name);
            }
            var link = Path.Combine(folder.FullName, "jwks.json");
            File.CreateSymbolicLink(link, Target("one", _provider.EcJwk()));
            var verifier = Verifier(new JwksFile(link, null, null, NullLogger.Instance));

            File.Delete(link);
            File.CreateSymbolicLink(link, Target("two", _provider.EdJwk()));

            Assert.NotNull((await verifier.VerifyAsync(_provider.Sign("EdDSA", "ed", Payload()), Room)).Token);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"!"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA"}]}""")]
    public void File_without_a_usable_key_stops_the_process_with_one_line(string json)
    {
        WriteFile(json);

        var error = Assert.Throws<StartupException>(() => new JwksFile(_file, null, null, NullLogger.Instance));
        Assert.StartsWith($"TOKEN_JWKS names a file without keys: {_file} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_does_not_exist_stops_the_process_with_one_line() => Assert.StartsWith(
        "TOKEN_JWKS names a file without keys: /no/such/file cannot be read",
        Assert.Throws<StartupException>(() => new JwksFile("/no/such/file", null, null, NullLogger.Instance)).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task Keys_for_other_purposes_are_left_out()
    {
        _provider.Body = FakeIdentityProvider.SetOf(
            _provider.EcJwk(), _provider.RsaJwk(more: ",\"use\":\"enc\""), _provider.RsaJwk("rsa-512", ",\"alg\":\"RS512\""));

        Assert.Equal(TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(_provider.Sign("RS256", "rsa", Payload()), Room)).Refusal);
        Assert.Equal(TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(_provider.Sign("RS256", "rsa-512", Payload()), Room)).Refusal);
    }

    [Fact]
    public async Task Unknown_key_has_the_set_read_again()
    {
        _provider.Body = FakeIdentityProvider.SetOf(_provider.RsaJwk("old"));
        var verifier = await UrlVerifierAsync();
        Assert.NotNull((await verifier.VerifyAsync(_provider.Sign("RS256", "old", Payload()), Room)).Token);

        _time.Advance(JwksUrl.MinInterval);
        _provider.Body = FakeIdentityProvider.SetOf(_provider.RsaJwk("new"));

        Assert.NotNull((await verifier.VerifyAsync(_provider.Sign("RS256", "new", Payload()), Room)).Token);
        Assert.Equal(2, _provider.Requests);
    }

    [Fact]
    public async Task Storm_of_unknown_keys_causes_one_request_per_interval()
    {
        var verifier = await UrlVerifierAsync();

        for (var round = 1; round <= 3; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 200)
                .Select(i => verifier.VerifyAsync(_provider.Sign("EdDSA", $"unknown-{i}", Payload()), Room)));
            Assert.All(results, result => Assert.Equal(TokenRefusal.Invalid, result.Refusal));
            Assert.Equal(round, _provider.Requests);
            _time.Advance(JwksUrl.MinInterval);
        }
    }

    [Fact]
    public async Task Forged_token_of_a_known_key_causes_no_request()
    {
        var verifier = await UrlVerifierAsync();
        var token = _provider.Sign("ES256", "ec", Payload());
        await verifier.VerifyAsync(token, Room);

        _time.Advance(JwksUrl.MinInterval);
        await verifier.VerifyAsync(ChangeClaim(token), Room);

        Assert.Equal(1, _provider.Requests);
    }

    [Fact]
    public async Task Key_that_the_provider_removed_verifies_no_longer_than_the_age_of_the_set()
    {
        var verifier = await UrlVerifierAsync();
        var token = _provider.Sign("ES256", "ec", Payload(expiresIn: 3600));
        Assert.NotNull((await verifier.VerifyAsync(token, Room)).Token);

        _provider.Body = FakeIdentityProvider.SetOf(_provider.EdJwk());
        _time.Advance(JwksUrl.MaxAge);

        await Eventually.Async(() => verifier.VerifyAsync(token, Room), result => result.Refusal == TokenRefusal.Invalid);
    }

    [Fact]
    public async Task Known_keys_remain_in_force_while_the_provider_fails()
    {
        var verifier = await UrlVerifierAsync();
        var token = _provider.Sign("ES256", "ec", Payload(expiresIn: 3600));
        Assert.NotNull((await verifier.VerifyAsync(token, Room)).Token);

        _provider.Body = null;
        _time.Advance(JwksUrl.MaxAge);

        Assert.NotNull((await verifier.VerifyAsync(token, Room)).Token);
        await Eventually.Async(() => Task.FromResult(_provider.Requests), requests => requests == 2);
        Assert.NotNull((await verifier.VerifyAsync(token, Room)).Token);
    }

    // Before the first answer a token may be good: the client is told to try again.
    [Fact]
    public async Task Token_is_neither_valid_nor_invalid_until_the_provider_has_answered()
    {
        _provider.Body = null;
        var verifier = await UrlVerifierAsync();
        var token = _provider.Sign("ES256", "ec", Payload());
        Assert.Equal(TokenRefusal.Unavailable, (await verifier.VerifyAsync(token, Room)).Refusal);

        _provider.Body = FakeIdentityProvider.SetOf(_provider.EcJwk());
        _time.Advance(JwksUrl.MinInterval);

        Assert.NotNull((await verifier.VerifyAsync(token, Room)).Token);
    }

    [Fact]
    public async Task Oversized_set_is_not_read()
    {
        _provider.Body = FakeIdentityProvider.SetOf(_provider.EcJwk()) + new string(' ', JwkSet.MaxBytes);
        var verifier = await UrlVerifierAsync();

        Assert.Equal(TokenRefusal.Unavailable, (await verifier.VerifyAsync(_provider.Sign("ES256", "ec", Payload()), Room)).Refusal);
    }

    [Fact]
    public async Task Point_that_is_not_on_the_curve_makes_no_token_valid()
    {
        _provider.Body = """{"keys":[{"kty":"EC","crv":"P-256","kid":"ec","x":"AQ","y":"AQ"}]}""";

        Assert.Equal(TokenRefusal.Invalid, (await FileVerifier().VerifyAsync(_provider.Sign("ES256", "ec", Payload()), Room)).Refusal);
    }

    private TokenVerifier FileVerifier(string? issuer = null, string? audience = null)
    {
        WriteFile(_provider.Body!);
        return Verifier(new JwksFile(_file, issuer, audience, NullLogger.Instance));
    }

    private async Task<TokenVerifier> UrlVerifierAsync()
    {
        _url = new JwksUrl(await _provider.StartAsync(), null, null, _time, NullLogger.Instance);
        return Verifier(_url);
    }

    private TokenVerifier Verifier(IJwksSource source) => new([new ApiKeyTokenKeys(["key"]), new JwksTokenKeys(source)], _time);

    private void WriteFile(string json) => File.WriteAllText(_file, json);

    private string Payload(string more = "", int expiresIn = 60) => $$"""
        {"sub":"user-7","name":"Ada","room":"lobby","exp":{{_time.GetUtcNow().ToUnixTimeSeconds() + expiresIn}}{{more}}}
        """;

    private static string ChangeClaim(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{parts[1][..^8]}{parts[1][^4..]}{parts[1][^8..^4]}.{parts[2]}";
    }
}
