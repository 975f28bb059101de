using System.Net;
using System.Text;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using ChatServer.Web;

namespace ChatServer.Tests.Web;

public sealed class ApiKeysTests(DefaultService app) : IClassFixture<DefaultService>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("old-key")]
    [InlineData("new-key")]
    public async Task Each_of_several_keys_is_accepted(string key) =>
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, key)).StatusCode);

    [Theory]
    [InlineData()]
    [InlineData("")]
    [InlineData("old-ke")]
    [InlineData("old-key, new-key")]
    [InlineData("OLD-KEY")]
    [InlineData("old-key", "new-key")]
    public async Task Missing_wrong_or_doubled_key_is_refused(params string[] keys)
    {
        var response = await SendAsync(HttpMethod.Get, keys);
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Key_is_checked_before_the_body()
    {
        var response = await SendAsync(HttpMethod.Post);
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, params string[] keys)
    {
        var request = new HttpRequestMessage(method, "/with-key");
        foreach (var key in keys) request.Headers.TryAddWithoutValidation(RequestHeaders.ApiKey, key);
        if (method == HttpMethod.Post) request.Content = new StringContent("{", Encoding.UTF8, "application/json");
        return app.Http.SendAsync(request, Ct);
    }
}
