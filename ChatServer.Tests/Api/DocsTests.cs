using System.Net;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class DocsTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public Task Page_loads_nothing_from_other_origins() => cluster.Api.HasLocalDocsPageAsync();

    [Fact]
    public async Task Missing_API_description_is_a_problem()
    {
        using var answer = await cluster.Api.SendAsync(HttpMethod.Get, "/openapi/v2.json");
        await answer.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Every_call_is_described() => Assert.Equal(
        [
            "DELETE /api/v1/room/{name}/messages/{seq}",
            "DELETE /api/v1/user/{uid}",
            "GET /api/v1",
            "GET /api/v1/room/{name}",
            "GET /api/v1/room/{name}/messages",
            "GET /api/v1/rooms",
            "GET /api/v1/user/{uid}/messages",
            "PATCH /api/v1/room/{name}",
            "POST /api/v1/room/{name}",
            "POST /api/v1/room/{name}/message",
            "POST /api/v1/room/{name}/token",
        ],
        await cluster.Api.HasCompleteDescriptionAsync(call => call is not ("GET /api/v1" or "GET /api/v1/room/{name}")));

    [Fact]
    public async Task Bounds_of_bodies_and_the_header_of_a_creation_are_described()
    {
        var document = JsonElement.Parse(await cluster.Api.Http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        int Bound(string schema, string member, string bound) =>
            schemas.GetProperty(schema).GetProperty("properties").GetProperty(member).GetProperty(bound).GetInt32();

        Assert.Equal((0, RoomOptions.MaxHistory), (Bound("RoomOptions", "history", "minimum"), Bound("RoomOptions", "history", "maximum")));
        Assert.Equal(RoomOptions.MaxSlowModeSeconds, Bound("RoomOptions", "slowModeSeconds", "maximum"));
        Assert.Equal(RoomOptions.MaxTitleLength, Bound("RoomOptions", "title", "maxLength"));
        Assert.Equal(0, Bound("RoomChange", "maxMembers", "minimum"));
        Assert.Equal((1, Limits.MaxTextLength), (Bound("SayRequest", "text", "minLength"), Bound("SayRequest", "text", "maxLength")));
        Assert.Equal(TokenRequest.MaxSeconds, Bound("TokenRequest", "expiresInSeconds", "maximum"));
        Assert.True(document.GetProperty("paths").GetProperty("/api/v1/room/{name}").GetProperty("post").GetProperty("responses")
            .GetProperty("200").GetProperty("headers").TryGetProperty("Location", out _));
    }

    [Fact]
    public async Task Calls_that_accept_join_tokens_are_described()
    {
        var document = JsonElement.Parse(await cluster.Api.Http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));

        var accepting =
            from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.TryGetProperty("security", out var security)
                && security.EnumerateArray().Any(alternative => alternative.TryGetProperty("JoinToken", out _))
            select operation.Value.GetProperty("operationId").GetString();
        Assert.Equal(["describeRoom", "readHistory"], accepting.Order(StringComparer.Ordinal));
        Assert.Equal(
            """{"type":"http","scheme":"bearer","bearerFormat":"JWT"}""",
            JsonSerializer.Serialize(document.GetProperty("components").GetProperty("securitySchemes").GetProperty("JoinToken")));
    }
}
