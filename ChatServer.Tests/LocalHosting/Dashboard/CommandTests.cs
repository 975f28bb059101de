using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class CommandTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stop", nameof(ResourceState.Running))]
    [InlineData("restart", nameof(ResourceState.Running))]
    [InlineData("start", nameof(ResourceState.Stopped))]
    public async Task A_button_acts_on_its_resource_alone(string command, string state)
    {
        var asked = new List<ResourceCommand>();
        var (resource, other) = (app.Add(asked.Add), app.Add(_ => Assert.Fail("Another resource was meant.")));
        resource.Change(status => status with { State = Enum.Parse<ResourceState>(state) });
        using var answer = await app.CommandAsync(resource.Name, command);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal([Enum.Parse<ResourceCommand>(command, ignoreCase: true)], asked);
        Assert.Equal(ResourceState.Running, other.Status.State);
    }

    [Fact]
    public async Task A_command_that_means_nothing_now_is_refused_and_never_reaches_the_runner()
    {
        var resource = app.Add(_ => Assert.Fail("The runner was asked."));
        using var answer = await app.CommandAsync(resource.Name, "start");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal($"{resource.Name} is Running and does not take Start.", await DetailAsync(answer));
    }

    [Fact]
    public async Task What_kept_the_runner_from_it_is_told()
    {
        var resource = app.Add(_ => throw new InvalidOperationException("dotnet was not found."));
        using var answer = await app.CommandAsync(resource.Name, "restart");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("dotnet was not found.", await DetailAsync(answer));
    }

    [Theory]
    [InlineData("nobody", "stop")]
    [InlineData(null, "explode")]
    public async Task What_there_is_not_cannot_be_commanded(string? name, string command)
    {
        var resource = app.Add(_ => Assert.Fail("The runner was asked."));
        using var answer = await app.CommandAsync(name ?? resource.Name, command);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("detail").GetString();
}
