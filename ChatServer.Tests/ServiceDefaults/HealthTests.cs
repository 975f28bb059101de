using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.ServiceDefaults;

public sealed class HealthTests(DefaultService app) : IClassFixture<DefaultService>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unavailable_dependency_makes_the_service_unready_but_alive()
    {
        app.DependencyIsUp = false;
        try
        {
            var body = await (await app.Http.GetAsync("/health", Ct)).IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-ready");
            Assert.Equal("it is away", body.GetProperty("checks").GetProperty("dependency").GetString());
            Assert.Equal(HttpStatusCode.OK, (await app.Http.GetAsync("/alive", Ct)).StatusCode);
        }
        finally
        {
            app.DependencyIsUp = true;
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task A_monitor_may_ask_with_HEAD(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await app.Http.SendAsync(request, Ct);
        Assert.Equal((HttpStatusCode.OK, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
    }

    [Fact]
    public async Task A_ready_service_names_what_it_checked()
    {
        var body = await app.Http.GetFromJsonAsync<JsonElement>("/health", Ct);
        Assert.Equal("""{"data":{"status":"ready","checks":{"self":"ok","dependency":"ok"}}}""", body.GetRawText());
    }
}
