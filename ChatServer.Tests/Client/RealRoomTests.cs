using ChatServer.Client;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>The client with a real deployment: its guarantees hold when processes are killed.</summary>
public sealed class RealRoomTests
{
    [Fact]
    public async Task Repeated_host_kills_lose_duplicate_and_reorder_nothing()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        var clients = new List<ChatRoom>();
        foreach (var user in (string[])["ada", "bob", "cyd"])
            clients.Add(await ChatRoom.JoinAsync(real.As(user, "lobby")).WaitAsync(Eventually.Timeout));
        var histories = clients.ConvertAll(c => new History(c));

        // Each member sends messages while the host is killed and while there is none.
        var saying = clients.ConvertAll(_ => new List<Task<Message>>());
        void Say(int count)
        {
            for (var n = 0; n < count; n++)
            {
                for (var i = 0; i < clients.Count; i++)
                    saying[i].Add(clients[i].SayAsync($"{saying[i].Count}"));
            }
        }
        for (var times = 1; times <= 3; times++)
        {
            Say(100);
            await real.Host.KillAsync();
            Say(50);
            await real.StartHostAsync();
            await Task.WhenAll(saying.SelectMany(s => s)).WaitAsync(Eventually.Timeout);
        }
        var acknowledged = saying.ConvertAll(said => said.ConvertAll(s => s.Result));

        // Each acknowledged message is in the log once, at the acknowledged position, and in the order of its sender.
        var all = acknowledged.SelectMany(m => m).OrderBy(m => m.Seq).ToList();
        Assert.Equal(Enumerable.Range(1, all.Count).Select(n => (long)n), all.Select(m => m.Seq));
        Assert.All(acknowledged, said => Assert.Equal(said.OrderBy(m => m.Seq), said));
        foreach (var history in histories)
        {
            Assert.Equal(all, await history.MessagesAsync(all.Count));
            Assert.Equal((0, 0), (history.Count<EventsMissed>(), history.Count<HistoryChanged>()));
            Assert.All(history.Events.OfType<Welcomed>().Skip(1), w => Assert.True(w.Resumed));
        }
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Member_of_a_load_balancer_stays_connected_while_the_only_host_restarts()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var history = new History(client);
        await client.SayAsync("before").WaitAsync(Eventually.Timeout);
        await real.Host.StopAsync();
        await real.StartHostAsync();
        await client.SayAsync("after").WaitAsync(Eventually.Timeout);
        Assert.Equal(["before", "after"], (await history.MessagesAsync(2)).Select(m => m.Text));
        Assert.Equal(0, history.Count<ConnectionLost>());
    }

    [Fact]
    public async Task A_load_balancer_that_stops_is_replaced_by_the_other_one()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var history = new History(client);
        for (var i = 0; i < 2; i++)
            await client.SayAsync($"{i}").WaitAsync(Eventually.Timeout);
        // One of the connections belongs to the client.
        await real.StopLoadBalancerAsync(0);
        await client.SayAsync("2").WaitAsync(Eventually.Timeout);
        Assert.Equal([1, 2, 3], (await history.MessagesAsync(3)).Select(m => m.Seq));
        Assert.Equal(0, history.Count<EventsMissed>());
    }

    [Fact]
    public async Task Messages_sent_during_a_pause_of_Redis_are_logged_after_it()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var history = new History(client);
        await client.SayAsync("before").WaitAsync(Eventually.Timeout);

        await real.Redis.PauseAsync();
        var during = Enumerable.Range(0, 20).Select(n => client.SayAsync($"{n}")).ToList();
        Assert.DoesNotContain(during, d => d.IsCompleted);
        real.Redis.Resume();

        Assert.Equal(
            Enumerable.Range(2, 20).Select(n => (long)n),
            (await Task.WhenAll(during).WaitAsync(Eventually.Timeout)).Select(m => m.Seq).Order());
        Assert.Equal(Enumerable.Range(1, 21).Select(n => (long)n), (await history.MessagesAsync(21)).Select(m => m.Seq));
    }

    [Fact]
    public async Task Redis_data_loss_is_reported_as_a_changed_history()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var history = new History(client);
        var before = await client.SayAsync("before").WaitAsync(Eventually.Timeout);
        await real.Redis.KillAsync();
        await real.Redis.StartAsync();

        var after = await client.SayAsync("after").WaitAsync(Eventually.Timeout);
        Assert.NotEqual(before.Epoch, after.Epoch);
        var events = await Eventually.Async(() => history.Events, events => events.Contains(after));
        Assert.Equal(
            [before, new HistoryChanged(before.Epoch, before.Seq, after.Epoch), after], events.Where(e => e is Message or HistoryChanged));
    }

    [Fact]
    public async Task Memory_room_of_a_killed_host_returns_empty_and_reports_a_changed_history()
    {
        await using var real = await RealRoom.StartAsync("lobby", new RoomOptions { Durability = Durability.Memory });
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var history = new History(client);
        var before = await client.SayAsync("before").WaitAsync(Eventually.Timeout);
        await real.Host.KillAsync();
        await real.StartHostAsync();

        var after = await client.SayAsync("after").WaitAsync(Eventually.Timeout);
        Assert.Equal(1, after.Seq);
        var events = await Eventually.Async(() => history.Events, events => events.Contains(after));
        Assert.Equal(
            [before, new HistoryChanged(before.Epoch, before.Seq, after.Epoch), after], events.Where(e => e is Message or HistoryChanged));
    }

    [Fact]
    public async Task Lagging_reader_resumes_without_a_gap()
    {
        const int Count = 3500;
        await using var real = await RealRoom.StartAsync(
            "lobby", new RoomOptions { History = 2 * Count }, ("ROOM_BUFFER_BYTES", $"{256 * 1024}"));
        await using var slow = await ChatRoom.JoinAsync(real.As("slow", "lobby") with { BufferedEvents = 16 })
            .WaitAsync(Eventually.Timeout);
        await using var reading = new Reading(slow);
        await reading.NextAsync<Welcomed>();

        // About 42 MB, more than the buffers of the sockets: at most twice 4 MB for sending and half of 32 MB for receiving.
        await using var client = await ChatRoom.JoinAsync(real.As("ada", "lobby")).WaitAsync(Eventually.Timeout);
        var text = new string('€', 4000);
        await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => client.SayAsync(text))).WaitAsync(Eventually.Timeout);

        var (next, returns) = (1L, 0);
        while (next <= Count)
        {
            switch (await reading.NextAsync())
            {
                case Message message: Assert.Equal(next++, message.Seq); break;
                case Welcomed: returns++; break;
                case var e: Assert.True(e is ConnectionLost or PresenceChanged, $"{e}"); break;
            }
        }
        Assert.NotEqual(0, returns);
    }

    [Fact]
    public async Task A_room_that_does_not_exist_is_refused()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        var refused = await Assert.ThrowsAsync<JoinRefusedException>(
            () => ChatRoom.JoinAsync(real.As("ada", "attic")).WaitAsync(Eventually.Timeout));
        Assert.Equal(404, refused.Status);
    }
}
