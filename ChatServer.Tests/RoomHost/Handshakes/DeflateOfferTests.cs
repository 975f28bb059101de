using ChatServer.RoomHost.Handshakes;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Tests.RoomHost.Handshakes;

public sealed class DeflateOfferTests
{
    private const string DefaultAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    [Theory]
    [InlineData("permessage-deflate", DefaultAnswer)]
    [InlineData("Permessage-Deflate", DefaultAnswer)]
    [InlineData("permessage-deflate; client_max_window_bits", DefaultAnswer)]
    [InlineData("permessage-deflate;client_max_window_bits=12 ; server_no_context_takeover", DefaultAnswer + "; client_max_window_bits=12")]
    [InlineData("permessage-deflate; client_max_window_bits=\"10\"", DefaultAnswer + "; client_max_window_bits=10")]
    [InlineData("permessage-deflate; server_max_window_bits=15", DefaultAnswer + "; server_max_window_bits=15")]
    [InlineData("x-webkit-deflate-frame, permessage-deflate", DefaultAnswer)]
    [InlineData("permessage-deflate; server_max_window_bits=10, permessage-deflate", DefaultAnswer)]
    public void Supported_offer_is_accepted_without_context_takeover(string offer, string answer) =>
        Assert.Equal(answer, DeflateOffer.Accept(offer));

    [Theory]
    [InlineData("")]
    [InlineData("permessage-bzip2")]
    [InlineData("permessage-deflate; server_max_window_bits=10")]
    [InlineData("permessage-deflate; server_max_window_bits")]
    [InlineData("permessage-deflate; client_max_window_bits=7")]
    [InlineData("permessage-deflate; client_max_window_bits=16")]
    [InlineData("permessage-deflate; client_max_window_bits=08")]
    [InlineData("permessage-deflate; server_no_context_takeover=1")]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover")]
    [InlineData("permessage-deflate; level=9")]
    [InlineData("permessage-deflate;")]
    public void Offer_with_unsupported_parameters_is_declined(string offer) => Assert.Null(DeflateOffer.Accept(offer));

    [Fact]
    public void Offers_in_several_headers_are_one_list() =>
        Assert.Equal(DefaultAnswer, DeflateOffer.Accept(new StringValues(["foo", "bar, permessage-deflate"])));
}
