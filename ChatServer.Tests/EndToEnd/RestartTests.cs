using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

[Collection(AppHostCollection.Name)]
public sealed class RestartTests
{
    [Fact]
    public async Task Rooms_with_REDIS_DATA_survive_Ctrl_C_and_no_stop_leaves_a_process_or_port()
    {
        var data = Directory.CreateTempSubdirectory("chatserver-data-");
        try
        {
            string since, epoch;
            var appHost = await AppHostProcess.StartAsync(("REDIS_DATA", data.FullName));
            await using (var first = new Deployment(appHost))
            {
                await first.CreateAsync("lobby", new { title = "The lobby", history = 77 });
                await first.CreateAsync("quiet");
                await using var member = await Deployment.JoinAsync(first.Entrances[0], "lobby", "user=ann&session=ann-0123456789abcdef");
                for (var i = 1; i <= 3; i++) await member.SayAsync($"text {i}");
                (since, epoch) = ($"{member.Welcome["epoch"]}.1", member.Welcome["epoch"]!);

                var services = appHost.Services();
                await appHost.Process.InterruptAsync();
                Assert.Equal(0, appHost.Process.ExitCode);
                await appHost.LeavesNothingAsync(services);
            }

            var newAppHost = await AppHostProcess.StartAsync(
                ("REDIS_DATA", data.FullName), ("KEY", "a"), ("ADMIN_KEY", "b"), ("LOADBALANCER_KEY", "c"));
            await using var second = new Deployment(newAppHost, key: "a", adminKey: "b");
            await using var back = await Deployment.RejoinAsync(
                second.Entrances[1], "lobby", $"user=ann&session=ann-0123456789abcdef&since={since}");

            Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
            Assert.Equal((epoch, "The lobby"), (back.Welcome["epoch"], back.Welcome["title"]));
            Assert.Equal(["text 2", "text 3"], (await back.NextAsync("message", 2)).Select(message => message["text"]));
            Assert.Equal(4, (await back.SayAsync("text 4", "new")).Seq);
            Assert.Equal(["text 1", "text 2", "text 3", "text 4"], await second.TextsAsync("lobby"));
            Assert.Equal(77, (await second.GetAsync("room/lobby")).GetProperty("options").GetProperty("history").GetInt32());
            var answer = await Eventually.Async(() => second.CreateAsync("quiet"), created => created.Code is null);
            Assert.Equal("quiet already exists", answer.Data.GetProperty("message").GetString());
            Assert.Equal("quiet", await second.ReadAsync($"http://localhost:{answer.Port}"));
            await SigtermLeavesNothingAsync(newAppHost);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task SigtermLeavesNothingAsync(AppHostProcess appHost)
    {
        var services = appHost.Services();
        Assert.Equal(7, services.Count);
        // Children inherit the environment of the AppHost, but not its keys, except the one with which they verify tokens.
        foreach (var roomHost in services.Where(service => service.Name == "ChatServer.RoomHost"))
            Assert.Empty(new[] { "ADMIN_KEY", "LOADBALANCER_KEY" }.Intersect(roomHost.Environment().Keys));

        await appHost.Process.StopAsync();

        Assert.Equal(0, appHost.Process.ExitCode);
        await appHost.LeavesNothingAsync(services);
    }
}
