using ChatServer.RoomHost.Rooms;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The query of a join. <see cref="JoinSpecification"/> tests the queries that are refused.</summary>
public sealed class JoinRequestTests
{
    [Fact]
    public void Empty_query_gives_a_guest_a_new_session_and_the_default_history()
    {
        var (one, other) = (Parse(""), Parse("?unknown=7"));
        Assert.Equal((null, null, 50), (one.User, one.Since, one.History));
        Assert.Matches("^[0-9a-f]{32}$", one.Session);
        Assert.NotEqual(one.Session, other.Session);
    }

    [Fact]
    public void Every_parameter_is_read()
    {
        var join = Parse("?user=+ann+&session=0123456789abcdef&since=a.b.12&history=0");
        Assert.Equal(new JoinRequest("ann", "0123456789abcdef", ("a.b", 12), 0), join);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    public void Session_is_any_string_of_16_to_64_characters(int length)
    {
        var session = string.Concat(Enumerable.Repeat("ü /+&=😀", length))[..length].Replace('\ud83d', 'x').Replace('\ude00', 'y');
        Assert.Equal(session, Parse($"?session={Uri.EscapeDataString(session)}").Session);
    }

    [Fact]
    public void Last_of_a_repeated_parameter_is_used() =>
        Assert.Equal(("bob", 7), (Parse("?user=ann&history=9&user=bob&history=7") is var join ? (join.User, join.History) : default));

    [Fact]
    public void History_beyond_the_number_range_means_all() =>
        Assert.Equal(int.MaxValue, Parse("?history=99999999999999999999999").History);

    [Fact]
    public void Largest_sequence_and_history_are_accepted()
    {
        var join = Parse("?since=e.9223372036854775807&history=2147483647");
        Assert.Equal((("e", long.MaxValue), int.MaxValue), (join.Since, join.History));
    }

    [Fact]
    public void Session_in_a_subprotocol_takes_precedence_over_the_query() => Assert.Equal(
        "from-a-subprotocol", Parse("?session=0123456789abcdef", "chat.v1", "chat.v1.session.from-a-subprotocol").Session);

    [Fact]
    public void Token_is_read_from_the_query_or_an_offered_subprotocol()
    {
        Assert.Null(Parse("?user=ann").Token);
        Assert.Equal("a.b.c", Parse("?token=a.b.c").Token);
        Assert.Equal("d.e.f", Parse("?token=a.b.c", "chat.v1", "chat.v1.token.d.e.f").Token);
        Assert.Equal("", Parse("?token=a.b.c", "chat.v1.token.").Token); // sent, so it is verified
    }

    [Fact]
    public void Text_of_a_request_contains_no_secret() => Assert.Equal(
        "ann", $"{Parse("?user=ann", "chat.v1.session.0123456789abcdef", "chat.v1.token.a.b.c")}");

    private static JoinRequest Parse(string query, params string[] protocols)
    {
        Assert.True(
            JoinRequest.TryParse(new QueryCollection(QueryHelpers.ParseQuery(query)), protocols, out var join, out var error), error);
        return join;
    }
}
