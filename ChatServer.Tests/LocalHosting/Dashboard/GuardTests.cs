using System.Net;
using System.Net.NetworkInformation;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class GuardTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.168.1.7")]
    public async Task A_name_that_was_made_to_point_here_gets_nothing(string host)
    {
        foreach (var path in new[] { "/", "/api/resources", "/api/stream" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = $"{host}:{app.Http.BaseAddress!.Port}";
            using var answer = await app.Http.SendAsync(request, Ct);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task The_names_of_this_machine_are_answered(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/resources");
        request.Headers.Host = $"{host}:{app.Http.BaseAddress!.Port}";
        using var answer = await app.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("X-Dashboard-Command", null)] // a form's post
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://localhost:1")] // another page of this machine
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    public async Task A_command_that_another_page_could_send_is_refused(string header, string? value)
    {
        var resource = app.Add(_ => Assert.Fail("The runner was asked."));
        using var answer = await app.CommandAsync(resource.Name, "stop", request =>
        {
            request.Headers.Remove(header);
            if (value is not null) request.Headers.Add(header, value);
        });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_command_that_does_not_say_where_it_comes_from_is_refused()
    {
        var resource = app.Add(_ => Assert.Fail("The runner was asked."));
        using var answer = await app.CommandAsync(resource.Name, "stop", request =>
        {
            request.Headers.Remove("Origin");
            request.Headers.Remove("Sec-Fetch-Site");
        });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("Origin")]
    [InlineData("Sec-Fetch-Site")]
    public async Task One_proof_of_its_own_origin_is_enough(string header)
    {
        var resource = app.Add();
        using var answer = await app.CommandAsync(resource.Name, "stop", request => request.Headers.Remove(header));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    [Theory]
    [InlineData("cross-site", "no-cors", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "cors", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", HttpStatusCode.OK)] // a link to the dashboard
    [InlineData("same-origin", "cors", HttpStatusCode.OK)]
    [InlineData("none", "navigate", HttpStatusCode.OK)]
    public async Task Another_page_may_link_to_the_dashboard_but_not_read_it(string site, string mode, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Sec-Fetch-Site", site);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        using var answer = await app.Http.SendAsync(request, Ct);
        Assert.Equal(expected, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public void It_listens_on_loopback_only() => Assert.Equal(
        [IPAddress.Loopback],
        from listener in IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
        where listener.Port == app.Http.BaseAddress!.Port
        select listener.Address);
}
