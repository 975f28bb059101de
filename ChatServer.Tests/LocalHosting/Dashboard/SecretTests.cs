using ChatServer.LocalHosting.Dashboard;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed class SecretTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_never_leaves_the_server_wherever_it_turns_up()
    {
        const string secret = "correct-horse-battery";
        var resource = app.Add();
        resource.Change(status => status with
        {
            Reason = $"refused {secret}",
            Endpoints = [new ResourceEndpoint("http", $"http://localhost:8080/?key={secret}")],
            Environment = [new ResourceVariable("KEY", secret, IsSecret: true), new ResourceVariable("ARGS", $"--key {secret}")],
        });
        resource.Log.Append(LogStream.Out, $"info: the key is {secret}.");

        Assert.DoesNotContain(secret, await app.Http.GetStringAsync("/api/resources", Ct), StringComparison.Ordinal);
        var seen = 0;
        await foreach (var item in app.StreamAsync($"log={resource.Name}"))
        {
            Assert.DoesNotContain(secret, item.Data.GetRawText(), StringComparison.Ordinal);
            if (item.EventType != "lines") continue;
            Assert.Equal($"info: the key is {SecretMask.Mask}.", item.Data[0].GetProperty("text").GetString());
            seen++;
            break;
        }
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task A_secret_is_hidden_whatever_its_length_and_one_that_is_missing_is_seen_to_be_missing()
    {
        var resource = app.Add();
        resource.Change(status => status with
        {
            Environment =
            [
                new ResourceVariable("SHORT", "e", IsSecret: true),
                new ResourceVariable("MISSING", "", IsSecret: true),
                new ResourceVariable("PLAIN", "seventeen"),
            ],
        });
        var values = (await app.GetAsync(resource)).GetProperty("environment").EnumerateArray().Select(v => v.GetProperty("value").GetString());
        Assert.Equal([SecretMask.Mask, "", "seventeen"], values);
    }

    [Fact]
    public async Task The_address_of_a_server_is_shown_also_where_it_is_all_of_a_connection_string()
    {
        var resource = app.Add();
        resource.Change(status => status with
        {
            Endpoints = [new ResourceEndpoint("tcp", "tcp://localhost:6379")],
            Environment = [new ResourceVariable("ConnectionStrings__redis", "localhost:6379", IsSecret: true)],
        });
        var shown = await app.GetAsync(resource);
        Assert.Equal("tcp://localhost:6379", shown.GetProperty("endpoints")[0].GetProperty("url").GetString());
        Assert.Equal(SecretMask.Mask, shown.GetProperty("environment")[0].GetProperty("value").GetString());
    }

    [Fact]
    public void A_secret_that_contains_another_leaves_no_rest()
    {
        var board = new ResourceBoard(TimeProvider.System);
        board.Add("api", ResourceKind.Project).Change(status => status with
        {
            Environment = [new ResourceVariable("A", "TESTING_KEY", IsSecret: true), new ResourceVariable("B", "ADMIN_TESTING_KEY", IsSecret: true)],
        });
        Assert.Equal($"{SecretMask.Mask} {SecretMask.Mask}", new SecretMask(board.Resources).Text("ADMIN_TESTING_KEY TESTING_KEY"));
    }
}
