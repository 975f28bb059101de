using System.Net;
using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Web;

public sealed class ProblemResponsesTests(DefaultService app) : IClassFixture<DefaultService>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unhandled_exception_is_an_internal_error_without_details()
    {
        var body = await (await app.Http.GetAsync("/throws", Ct)).IsProblemAsync(HttpStatusCode.InternalServerError, "internal-error");
        Assert.DoesNotContain("secret", body.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"text\":\"a\"} tail")]
    [InlineData("{'text':'a'}")]
    [InlineData("{\"text\":\"a\",}")]
    public async Task Malformed_JSON_body_is_invalid_json(string body) =>
        await (await PostAsync(body)).IsProblemAsync(HttpStatusCode.BadRequest, "invalid-json");

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"text\":1}")]
    [InlineData("{\"text\":null}")]
    [InlineData("{\"Text\":\"a\"}")]
    [InlineData("{\"text\":\"a\",\"txet\":\"b\"}")]
    [InlineData("{\"text\":\"a\",\"text\":\"b\"}")]
    [InlineData("{\"text\":\"a\",\"number\":\"1\"}")]
    [InlineData("{\"text\":\"a\",\"number\":1.5}")]
    [InlineData("{\"text\":\"a\",\"number\":99999999999}")]
    public async Task A_body_with_unknown_missing_doubled_or_mistyped_members_is_refused(string body) =>
        await (await PostAsync(body)).IsProblemAsync(HttpStatusCode.BadRequest, "invalid-body");

    [Fact]
    public async Task Bad_query_value_is_invalid_query() =>
        await (await app.Http.GetAsync("/query?limit=ten", Ct)).IsProblemAsync(HttpStatusCode.BadRequest, "invalid-query");

    [Fact]
    public async Task A_path_that_does_not_exist_is_a_problem_whatever_the_caller_accepts()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Accept.ParseAdd("text/html");
        await (await app.Http.SendAsync(request, Ct)).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_wrong_method_is_a_problem_that_allows_the_right_one()
    {
        var response = await app.Http.DeleteAsync("/body", Ct);
        await response.IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_wrong_content_type_is_a_problem() =>
        await (await PostAsync("text=a", "application/x-www-form-urlencoded"))
            .IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");

    private Task<HttpResponseMessage> PostAsync(string body, string type = "application/json") =>
        app.Http.PostAsync("/body", new StringContent(body, Encoding.UTF8, type), Ct);
}
