using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.ServiceDefaults;

public sealed class HttpClientDefaultsTests(DefaultService app) : IClassFixture<DefaultService>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_name_in_a_URL_is_resolved_from_the_configuration()
    {
        using var client = app.CreateClient();
        using var answer = await client.GetAsync($"http://{DefaultService.Name}/alive", Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET", HttpStatusCode.OK, 2)]
    [InlineData("POST", HttpStatusCode.ServiceUnavailable, 1)]
    public async Task A_safe_request_is_repeated_after_a_503_and_an_unsafe_one_is_not(string method, HttpStatusCode expected, int requests)
    {
        var before = app.FlakyRequests;
        using var client = app.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(app.Http.BaseAddress!, $"/fails-once/{method}"));
        using var answer = await client.SendAsync(request, Ct);
        Assert.Equal((expected, requests), (answer.StatusCode, app.FlakyRequests - before));
    }
}
