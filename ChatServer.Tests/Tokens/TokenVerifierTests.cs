using System.Text;
using ChatServer.Contracts;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;
using ChatServer.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Tokens;

/// <summary>Tokens signed with a key derived from KEY: what opens a room, and every kind of forgery.</summary>
public sealed class TokenVerifierTests
{
    private const string Key = "key-of-the-api", Room = "lobby", Hs256 = """{"alg":"HS256","typ":"JWT"}""";

    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public async Task Signed_token_states_who_may_do_what()
    {
        var result = await VerifyAsync(Sign(Token with
        {
            Permissions = Permissions.Read | Permissions.Moderate,
            Profile = """{"avatar":"https://example.com/ada.png"}""",
        }));

        Assert.Equal(TokenRefusal.None, result.Refusal);
        Assert.Equal(("user-7", "Ada", Now.AddMinutes(1)), (result.Token!.Uid, result.Token.Name, result.Token.ExpiresAt));
        Assert.Equal(Permissions.Read | Permissions.Moderate, result.Token.Permissions);
        Assert.Equal("""{"avatar":"https://example.com/ada.png"}""", result.Token.Profile);
    }

    [Fact]
    public async Task Backend_can_sign_with_the_documented_derived_key() => Assert.Equal("user-7", (await VerifyAsync(
        ForgedToken.Of(Hs256, Payload(), ForgedToken.DocumentedKey(Key)))).Token?.Uid);

    [Fact]
    public async Task Token_of_the_example_is_valid()
    {
        var script = Path.Combine(SourceTree.Root, "examples", "token", "token.mjs");
        var output = await NodeProgram.RunAsync(
            Path.GetTempPath(), Eventually.Timeout, "--input-type=module", "--eval",
            $"process.env.KEY = '{Key}'; process.argv.splice(1, 0, ''); await import('file://{script}');",
            Room, "user-7", "Ada", "read", "moderate");
        var result = await new TokenVerifier([new ApiKeyTokenKeys([Key])], TimeProvider.System).VerifyAsync(output.Trim(), Room);

        Assert.Equal(("user-7", "Ada", Permissions.Read | Permissions.Moderate), (
            result.Token?.Uid, result.Token?.Name, result.Token?.Permissions));
    }

    [Fact]
    public async Task Every_key_of_a_rotation_verifies()
    {
        var verifier = new TokenVerifier([new ApiKeyTokenKeys(["new", Key])], _time);

        Assert.NotNull((await verifier.VerifyAsync(Sign(Token), Room)).Token);
        Assert.NotNull((await verifier.VerifyAsync(TokenSigner.OfApiKey("new", _time).Sign(Token), Room)).Token);
    }

    [Theory]
    [InlineData("lobby", true)]
    [InlineData("lob*", true)]
    [InlineData("lobby*", true)]
    [InlineData("*", true)]
    [InlineData("lobby2", false)]
    [InlineData("lobby2*", false)]
    [InlineData("Lobby", false)]
    [InlineData("Lob*", false)]
    [InlineData("lob", false)]
    public async Task Token_opens_the_room_it_names(string room, bool opens)
    {
        var result = await VerifyAsync(Sign(Token with { Room = RoomPattern.Parse(room)! }));

        Assert.Equal(opens ? TokenRefusal.None : TokenRefusal.WrongRoom, result.Refusal);
    }

    [Fact]
    public async Task Token_without_read_is_told_from_an_invalid_one() => Assert.Equal(
        TokenRefusal.NoRead, (await VerifyAsync(Sign(Token with { Permissions = Permissions.Write | Permissions.Moderate }))).Refusal);

    [Theory]
    [InlineData(-29, TokenRefusal.None)]
    [InlineData(-31, TokenRefusal.Expired)]
    public async Task Token_expires_with_30_seconds_of_clock_skew(int expiresIn, object refusal) =>
        Assert.Equal(refusal, (await VerifyAsync(Sign(Token with { ExpiresAt = Now.AddSeconds(expiresIn) }))).Refusal);

    [Theory]
    [InlineData(29, TokenRefusal.None)]
    [InlineData(31, TokenRefusal.Expired)]
    public async Task Token_is_valid_from_nbf_with_30_seconds_of_clock_skew(int validIn, object refusal)
    {
        var payload = Payload($",\"nbf\":{Now.AddSeconds(validIn).ToUnixTimeSeconds()}");

        Assert.Equal(refusal, (await VerifyAsync(ForgedToken.Of(Hs256, payload, ForgedToken.DocumentedKey(Key)))).Refusal);
    }

    [Fact]
    public async Task Token_of_another_key_is_refused() =>
        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(TokenSigner.OfApiKey("other", _time).Sign(Token))).Refusal);

    // The API key itself, and a key derived for another purpose.
    [Fact]
    public async Task Token_signed_with_the_underived_key_is_refused() => Assert.Equal(
        TokenRefusal.Invalid, (await VerifyAsync(ForgedToken.Of(Hs256, Payload(), Encoding.UTF8.GetBytes(Key)))).Refusal);

    [Fact]
    public async Task Token_of_the_Admin_with_the_secret_of_the_Api_is_refused() =>
        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(TokenSigner.OfAdminSecret(Key, _time).Sign(Token))).Refusal);

    [Fact]
    public async Task Token_with_a_changed_claim_is_refused()
    {
        var parts = Sign(Token).Split('.');
        var payload = ForgedToken.Encode(Encoding.UTF8.GetBytes(Payload().Replace("user-7", "user-8", StringComparison.Ordinal)));

        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync($"{parts[0]}.{payload}.{parts[2]}")).Refusal);
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None","typ":"JWT"}""")]
    [InlineData("""{"alg":""}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"alg":"HS512"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"}""")]
    [InlineData("""{"alg":"HS256","crit":["exp"]}""")]
    [InlineData("""{"alg":"HS256","alg":"none"}""")]
    [InlineData("""{"alg":"none","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","kid":7}""")]
    [InlineData("""["HS256"]""")]
    [InlineData("")]
    public async Task Header_other_than_that_of_the_key_is_refused(string header)
    {
        var signed = ForgedToken.Of(header, Payload(), ForgedToken.DocumentedKey(Key));

        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(signed)).Refusal);
        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(signed[..(signed.LastIndexOf('.') + 1)])).Refusal);
    }

    [Theory]
    [InlineData("""{"name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby"}""")]
    [InlineData("""{"sub":"~user","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"@user","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"a\u0000b","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"a\ud800","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":7,"name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":["user-7"],"name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"A\u202Eda","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"\ud800","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lob*by","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":["lobby"],"exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":2000000000,"permissions":"read"}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":2000000000,"profile":"x"}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":2000000000,"profile":{"a":"\ud800"}}""")]
    [InlineData("""{"sub":"user-7","sub":"user-8","name":"Ada","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":1,"exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"other","room":"lobby","exp":2000000000}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":2000000000,"profile":{"a":1,"a":2}}""")]
    [InlineData("""{"sub":"user-7","name":"Ada","room":"lobby","exp":2000000000} {}""")]
    [InlineData("""[]""")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Claim_that_is_missing_wrong_or_repeated_is_refused(string payload) => Assert.NotEqual(
        TokenRefusal.None, (await VerifyAsync(ForgedToken.Of(Hs256, payload, ForgedToken.DocumentedKey(Key)))).Refusal);

    [Theory]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("99999999999999999999999999")]
    [InlineData("\"2000000000\"")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task Odd_expiry_never_makes_the_verifier_fail(string exp)
    {
        var payload = $$"""{"sub":"user-7","name":"Ada","room":"lobby","exp":{{exp}}}""";

        var result = await VerifyAsync(ForgedToken.Of(Hs256, payload, ForgedToken.DocumentedKey(Key)));

        Assert.True(result.Token is null || result.Token.ExpiresAt > Now);
    }

    [Fact]
    public async Task Invalid_UTF_8_in_a_claim_is_refused()
    {
        var payload = Encoding.Latin1.GetBytes(Payload(""","profile":{"a":"ÿ"}"""));

        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(ForgedToken.Of(Hs256, payload, ForgedToken.DocumentedKey(Key)))).Refusal);
    }

    [Fact]
    public async Task Profile_above_1_KB_is_refused()
    {
        static string ProfileOf(int bytes) => $$""","profile":{"a":"{{new string('x', bytes - """{"a":""}""".Length)}}"}""";

        Assert.NotNull((await VerifyAsync(ForgedToken.Of(Hs256, Payload(ProfileOf(1024)), ForgedToken.DocumentedKey(Key)))).Token);
        Assert.Null((await VerifyAsync(ForgedToken.Of(Hs256, Payload(ProfileOf(1025)), ForgedToken.DocumentedKey(Key)))).Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("ä.ö.ü")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30=.AA==")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.A\0A")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.AA.AA.AA")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9 .e30.AA")]
    public async Task Text_that_is_no_token_is_refused(string token) =>
        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(token)).Refusal);

    // Every prefix, and every token with one bit changed.
    [Fact]
    public async Task Damaged_token_is_refused()
    {
        var token = Sign(Token);
        for (var i = 0; i < token.Length; i++)
        {
            Assert.Null((await VerifyAsync(token[..i])).Token);
            // Bits that Base64 ignores: the last character of a part may have several spellings.
            if (i + 1 == token.Length || token[i + 1] == '.')
                continue;
            Assert.Null((await VerifyAsync($"{token[..i]}{(char)(token[i] ^ 1)}{token[(i + 1)..]}")).Token);
        }
    }

    [Fact]
    public async Task Oversized_token_is_refused_unread()
    {
        var payload = Payload($",\"x\":\"{new string('x', JoinToken.MaxLength)}\"");

        Assert.Equal(TokenRefusal.Invalid, (await VerifyAsync(ForgedToken.Of(Hs256, payload, ForgedToken.DocumentedKey(Key)))).Refusal);
    }

    [Fact]
    public async Task Token_of_the_Admin_is_verified_with_its_secret()
    {
        var verifier = new TokenVerifier([new ApiKeyTokenKeys([Key]), new AdminTokenKeys(_ => Task.FromResult<string?>("secret"))], _time);

        Assert.NotNull((await verifier.VerifyAsync(TokenSigner.OfAdminSecret("secret", _time).Sign(Token), Room)).Token);
        Assert.Null((await verifier.VerifyAsync(TokenSigner.OfAdminSecret("other", _time).Sign(Token), Room)).Token);
    }

    [Fact]
    public async Task Token_with_the_fingerprint_of_a_key_as_uid_is_accepted_from_the_Admin_only()
    {
        var verifier = new TokenVerifier([new ApiKeyTokenKeys([Key]), new AdminTokenKeys(_ => Task.FromResult<string?>("secret"))], _time);
        var forged = Token with { Uid = "key:0123abcd" };

        Assert.Equal(TokenRefusal.Invalid, (await verifier.VerifyAsync(TokenSigner.OfApiKey(Key, _time).Sign(forged), Room)).Refusal);
        Assert.NotNull((await verifier.VerifyAsync(TokenSigner.OfAdminSecret("secret", _time).Sign(forged), Room)).Token);
        Assert.NotNull((await verifier.VerifyAsync(TokenSigner.OfApiKey(Key, _time).Sign(Token with { Uid = "key:card" }), Room)).Token);
    }

    [Fact]
    public async Task Secret_of_the_Admin_is_read_again_when_it_does_not_verify()
    {
        var verifier = new TokenVerifier([new AdminTokenKeys(refused => Task.FromResult<string?>(refused is null ? "old" : "new"))], _time);

        Assert.NotNull((await verifier.VerifyAsync(TokenSigner.OfAdminSecret("new", _time).Sign(Token), Room)).Token);
    }

    [Fact]
    public async Task Secret_of_the_Admin_is_read_only_for_tokens_of_the_Admin()
    {
        var verifier = new TokenVerifier([new AdminTokenKeys(_ => throw new InvalidOperationException("Redis is not needed."))], _time);

        Assert.Equal(TokenRefusal.Invalid, (await verifier.VerifyAsync(Sign(Token), Room)).Refusal);
    }

    [Fact]
    public async Task Token_of_the_Admin_is_neither_valid_nor_invalid_while_its_secret_is_unknown()
    {
        var verifier = new TokenVerifier([new AdminTokenKeys(_ => Task.FromResult<string?>(null))], _time);

        var result = await verifier.VerifyAsync(TokenSigner.OfAdminSecret("s", _time).Sign(Token), Room);

        Assert.Equal(TokenRefusal.Unavailable, result.Refusal);
    }

    private static JoinToken Token { get; } = new("user-7", "Ada", RoomPattern.Parse(Room)!, Now.AddMinutes(1));

    private static string Payload(string more = "") =>
        $$"""{"sub":"user-7","name":"Ada","room":"lobby","exp":{{Now.AddMinutes(1).ToUnixTimeSeconds()}}{{more}}}""";

    private string Sign(JoinToken token) => TokenSigner.OfApiKey(Key, _time).Sign(token);

    private Task<TokenResult> VerifyAsync(string token) => new TokenVerifier([new ApiKeyTokenKeys([Key])], _time).VerifyAsync(token, Room);
}
