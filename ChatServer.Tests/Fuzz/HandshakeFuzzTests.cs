using System.Text;
using ChatServer.Contracts;
using ChatServer.RoomHost.Handshakes;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tokens;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Fuzz;

/// <summary>What a client states in its handshake. One byte of the input is one character, as Kestrel reads it.</summary>
public sealed class HandshakeFuzzTests
{
    [Fact]
    public void Query_is_refused_or_read_within_its_bounds() => Mutations("queries").Check(
        bytes =>
        {
            var context = new DefaultHttpContext();
            context.Request.QueryString = new QueryString("?" + Encoding.Latin1.GetString(bytes));
            if (!JoinRequest.TryParse(context.Request.Query, [], out var join, out var error))
            {
                Assert.NotEmpty(error);
                return;
            }
            Assert.True(join.User is null || join.User == UserNames.Normalize(join.User), join.User);
            Assert.InRange(join.Session.Length, Limits.MinSessionLength, Limits.MaxSessionLength);
            Assert.InRange(join.History, 0, int.MaxValue);
        },
        Encoding.Latin1.GetString);

    [Fact]
    public void Offer_of_compression_is_declined_or_answered_with_what_it_asks_for() =>
        Mutations("extensions").Check(
            bytes =>
            {
                if (DeflateOffer.Accept(Encoding.Latin1.GetString(bytes)) is not { } answer) return;
                Assert.StartsWith("permessage-deflate; server_no_context_takeover;", answer, StringComparison.Ordinal);
                Assert.DoesNotContain(answer, character => character is < ' ' or > '~');
            },
            Encoding.Latin1.GetString);

    [Fact]
    public void Changed_token_is_refused_or_states_the_same()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
        var original = new JoinToken("user-7", "Ada", RoomPattern.Parse("lobby")!, time.GetUtcNow().AddMinutes(1));
        var token = TokenSigner.OfApiKey("key", time).Sign(original);
        var verifier = new TokenVerifier([new ApiKeyTokenKeys(["key"])], time);
        // With a signature in the corpus, changes of the other parts reach the code behind its check.
        Mutations("tokens", token).Check(
            bytes =>
            {
                var result = verifier.VerifyAsync(Encoding.Latin1.GetString(bytes), "lobby").GetAwaiter().GetResult();
                Assert.True(result.Token is null || result.Token == original, $"{result.Token}");
            },
            Encoding.Latin1.GetString);
    }

    private static Gen<byte[]> Mutations(string corpus, params IEnumerable<string> more) =>
        Fuzzing.Mutations(Fuzzing.Corpus(corpus).Concat(more).Select(Encoding.Latin1.GetBytes));
}
