using System.Net;
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
            "GET /api/v1",
            "GET /api/v1/room/{name}",
            "GET /api/v1/room/{name}/messages",
            "GET /api/v1/rooms",
            "POST /api/v1/room/{name}",
            "POST /api/v1/room/{name}/message",
        ],
        await cluster.Api.HasCompleteDescriptionAsync(call => call is not ("GET /api/v1" or "GET /api/v1/room/{name}")));
}
