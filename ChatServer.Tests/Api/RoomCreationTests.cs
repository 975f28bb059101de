using System.Net;
using System.Net.Http.Json;
using System.Text;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class RoomCreationTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Creation_returns_the_port_and_the_location()
    {
        var response = await PostAsync("/api/v1/room/fresh");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(CreatedBody(await PortAsync("fresh"), "Room created"), await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal("/api/v1/room/fresh", response.Headers.Location?.ToString());
    }

    [Fact]
    public async Task Creation_of_an_existing_room_returns_its_port_and_keeps_its_options()
    {
        var room = await cluster.CreateAsync("twice", """{"title":"First"}""");
        var response = await PostAsync("/api/v1/room/twice", json: """{"title":"Second"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(CreatedBody(room.Port, "twice already exists"), await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal("First", (await cluster.Backplane.Rooms.FindAsync("twice"))!.Options.Title);
    }

    [Fact]
    public async Task Concurrent_creations_through_two_apis_make_one_room()
    {
        var other = await cluster.StartApiAsync();
        ServiceProcess[] apis = [cluster.Api, other];
        var opened = 0;
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Backplane.Changes.ChangesMissed += () => listening.TrySetResult();
        cluster.Backplane.Changes.RoomChanged += room => { if (room == "contested") Interlocked.Increment(ref opened); };
        cluster.Backplane.Changes.Start();
        await listening.Task.WaitAsync(Eventually.Timeout, Ct);

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var response = await apis[i % 2].SendAsync(HttpMethod.Post, "/api/v1/room/contested", ApiCluster.Key);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<Data<RoomCreated>>(ContractJson.Options, Ct))!.Value;
        }));
        Assert.Single(answers, answer => answer.Message == "Room created");
        Assert.Equal(39, answers.Count(answer => answer.Message == "contested already exists"));
        // One port for each time that a host opened the room: more than one only if the host's lease expired on a busy machine.
        var room = (await cluster.Backplane.Rooms.FindAsync("contested"))!;
        await Eventually.Async(() => Volatile.Read(ref opened), times => times > 0);
        Assert.InRange(answers.DistinctBy(answer => answer.Port).Count(), 1, Volatile.Read(ref opened));
        Assert.Contains(answers, answer => answer.Port == room.Port);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task Creation_without_a_valid_key_is_refused(string? key)
    {
        var response = await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/stolen", key);
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("stolen"));
    }

    [Fact]
    public async Task Second_key_is_accepted_too() =>
        Assert.Equal(
            HttpStatusCode.OK, (await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/rotated", ApiCluster.OtherKey)).StatusCode);

    [Theory]
    [InlineData("-lobby")]
    [InlineData(".lobby")]
    [InlineData("lob%20by")]
    [InlineData("lob%2Fby")]
    [InlineData("l%C3%B6bby")]
    [InlineData("lobby!")]
    [InlineData("lobby%0A")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890abcde")]
    public async Task Invalid_name_is_refused(string name) =>
        await (await PostAsync($"/api/v1/room/{name}")).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidRoomName);

    [Theory]
    [InlineData("Lobby.2_~-x")]
    [InlineData("7")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890abcd")]
    public async Task Every_valid_name_is_accepted(string name) =>
        Assert.Equal(HttpStatusCode.OK, (await PostAsync($"/api/v1/room/{name}")).StatusCode);

    [Fact]
    public async Task Names_differ_by_case()
    {
        await cluster.CreateAsync("case");
        Assert.Contains(
            "Room created", await (await PostAsync("/api/v1/room/CASE")).Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_kept_as_given()
    {
        await cluster.CreateAsync("optioned", """
            {"title":"Zoë’s 🫖","private":true,"maxMembers":5,"history":10000,"durability":"memory","idleTimeoutSeconds":60,"slowModeSeconds":9}
            """);
        Assert.Equal(
            new RoomOptions
            {
                Title = "Zoë’s 🫖",
                Private = true,
                MaxMembers = 5,
                History = 10_000,
                Durability = Durability.Memory,
                IdleTimeoutSeconds = 60,
                SlowModeSeconds = 9,
            },
            (await cluster.Backplane.Rooms.FindAsync("optioned"))!.Options);
    }

    [Theory]
    [InlineData("""{"titel":"Typo"}""")]
    [InlineData("""{"Title":"Case"}""")]
    [InlineData("""{"title":7}""")]
    [InlineData("""{"title":"line\nbreak"}""")]
    [InlineData("""{"private":"yes"}""")]
    [InlineData("""{"private":null}""")]
    [InlineData("""{"maxMembers":-1}""")]
    [InlineData("""{"maxMembers":"5"}""")]
    [InlineData("""{"maxMembers":1.5}""")]
    [InlineData("""{"history":-1}""")]
    [InlineData("""{"history":10001}""")]
    [InlineData("""{"durability":"disk"}""")]
    [InlineData("""{"durability":1}""")]
    [InlineData("""{"durability":null}""")]
    [InlineData("""{"idleTimeoutSeconds":-1}""")]
    [InlineData("""{"slowModeSeconds":-1}""")]
    [InlineData("""{"slowModeSeconds":21601}""")]
    [InlineData("""{"idleTimeoutSeconds":1,"idleTimeoutSeconds":2}""")]
    [InlineData("[]")]
    [InlineData("\"redis\"")]
    public async Task Unknown_members_and_bad_values_are_refused_and_nothing_is_created(string body)
    {
        await (await PostAsync("/api/v1/room/refused", json: body)).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("refused"));
    }

    [Fact]
    public async Task Too_long_title_is_refused() =>
        await (await PostAsync("/api/v1/room/refused", json: $$"""{"title":"{{new string('x', RoomOptions.MaxTitleLength + 1)}}"}"""))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);

    [Fact]
    public async Task Body_that_is_not_JSON_is_refused() =>
        await (await PostAsync("/api/v1/room/refused", json: """{"title":"""))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidJson);

    [Fact]
    public async Task Body_with_another_content_type_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/room/refused");
        request.Content = new StringContent("title=x", Encoding.UTF8, "text/plain");
        request.Headers.Add("X-API-Key", ApiCluster.Key);
        await (await cluster.Api.Http.SendAsync(request, Ct)).IsProblemAsync(
            HttpStatusCode.UnsupportedMediaType, ErrorCodes.UnsupportedMediaType);
    }

    [Fact]
    public async Task Too_large_body_is_refused() =>
        await (await PostAsync("/api/v1/room/refused", json: $$"""{"title":"{{new string('x', Limits.MaxFrameBytes)}}"}"""))
            .IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, ErrorCodes.PayloadTooLarge);

    [Fact]
    public async Task Creation_without_an_accepting_host_is_no_capacity()
    {
        cluster.Host.Refuses = true;
        try
        {
            var response = await PostAsync("/api/v1/room/unplaced");
            var body = await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, ErrorCodes.NoCapacity);
            Assert.Equal("""{"port":0,"message":"No more rooms can be created"}""", body.GetProperty("data").GetRawText());
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
        finally
        {
            cluster.Host.Refuses = false;
        }
    }

    private async Task<int> PortAsync(string room) => (await cluster.Backplane.Rooms.FindAsync(room))!.Port;

    private static string CreatedBody(int port, string message) => "{\"data\":{\"port\":" + port + ",\"message\":\"" + message + "\"}}";

    private Task<HttpResponseMessage> PostAsync(string path, string? json = null) =>
        cluster.Api.SendAsync(HttpMethod.Post, path, ApiCluster.Key, json);
}
