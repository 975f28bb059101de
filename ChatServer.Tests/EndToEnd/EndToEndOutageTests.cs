using System.Diagnostics;
using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>
/// A Redis outside the AppHost does not respond for ten seconds: redis-server if it is installed, otherwise the embedded one.
/// </summary>
[Collection(AppHostCollection.Name)]
public sealed class EndToEndOutageTests(EndToEndOutageTests.OwnRedis own) : IClassFixture<EndToEndOutageTests.OwnRedis>
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(10);

    private Deployment Deployment => own.Deployment;

    [Fact]
    public async Task Deployment_recovers_from_a_Redis_restart_without_data()
    {
        await EverythingWorksAsync("ended");
        var processes = Processes();

        await own.Redis.StopAsync();
        await CreationsAreRefusedAsync();
        await own.Redis.StartAsync();

        await EverythingWorksAsync("ended");
        await EverythingWorksAsync("after-the-end");
        Assert.Equal(processes, Processes());
    }

    [Fact]
    public async Task Redis_pause_never_loses_an_acknowledged_message()
    {
        await EverythingWorksAsync("paused");
        var processes = Processes();
        await using var member = await Deployment.JoinAsync(Deployment.Entrances[0], "paused", "user=ann");
        await member.SayAsync("before");

        var said = new List<string>();
        await own.Redis.PauseAsync();
        await CreationsAreRefusedAsync(async () =>
        {
            said.Add($"{Guid.NewGuid()}");
            await member.SendAsync(new { type = "message", id = said[^1], text = said[^1] });
        });
        own.Redis.Resume();

        await EverythingWorksAsync("paused");
        await EverythingWorksAsync("after-the-pause");
        Assert.Equal(processes, Processes());
        await member.SayAsync("after");
        var answered = member.Events.Where(e => e.Type == "message" || e["code"] == "unavailable").Select(e => e["id"]);
        Assert.Equal(said.Order(), answered.Intersect(said).Order());
        var acknowledged = member.Events.Where(e => e.Type == "message" && e["user"] == "ann").Select(e => e["text"]).ToList();
        var texts = await Deployment.TextsAsync("paused");
        Assert.Equal(acknowledged, texts.Where(text => acknowledged.Contains(text)));
        Assert.Equal(texts.Distinct(), texts);
    }

    // One request of each kind: a creation, a join with a message, a message of a backend, an announcement.
    private async Task EverythingWorksAsync(string room)
    {
        await Eventually.Async(() => Deployment.CreateAsync(room), answer => answer.Status == HttpStatusCode.OK);
        await Eventually.Async(
            async () =>
            {
                await using var member = await Deployment.JoinAsync(Deployment.Entrances[1], room, "user=ben&history=0");
                await member.SayAsync($"{Guid.NewGuid()}");
                var (said, announced) = ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
                Assert.Equal(HttpStatusCode.Accepted, (await Deployment.CallAsync(
                    Deployment.AppHost.ApiPort, HttpMethod.Post, $"room/{room}/message", new { user = "backend", text = said })).Status);
                await member.NextAsync(e => e["text"] == said, said);
                await Deployment.OperateAsync("message", new { text = announced });
                await member.NextAsync(e => e.Type == "announcement" && e["text"] == announced, announced);
                return true;
            },
            works => works);
    }

    private async Task CreationsAreRefusedAsync(Func<Task>? meanwhile = null)
    {
        var (away, codes) = (Stopwatch.StartNew(), new List<string?>());
        await Eventually.Async(
            async () =>
            {
                codes.Add((await Deployment.CreateAsync("meanwhile", at: Deployment.Entrances[codes.Count % 2])).Code);
                if (meanwhile is not null && codes.Count <= 10) await meanwhile();
                return away.Elapsed;
            },
            elapsed => elapsed > Away);
        Assert.All(codes, code => Assert.Equal("redis-unavailable", code));
    }

    private List<int> Processes() => [.. Deployment.AppHost.Services().Select(service => service.Id).Order()];

    public sealed class OwnRedis : IAsyncLifetime
    {
        public RedisServer Redis { get; } = RedisServer.Preferred();

        public Deployment Deployment { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await Redis.StartAsync();
            Deployment = await Deployment.StartAsync(("ConnectionStrings__redis", Redis.ConnectionString));
        }

        public async ValueTask DisposeAsync()
        {
            await Deployment.DisposeAsync();
            await Redis.DisposeAsync();
        }
    }
}
