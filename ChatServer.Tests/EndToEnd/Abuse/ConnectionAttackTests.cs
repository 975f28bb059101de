using System.Net.Sockets;
using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Attacks with connections: many, slow, silent, cut off.</summary>
[Collection(AppHostCollection.Name)]
public sealed class ConnectionAttackTests(SharedAppHost shared) : AbuseTests(shared)
{
    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Members_that_never_read_do_not_disturb_others(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        var members = await JoinAsync(Size(20, 100), target, socket => socket.ReceiveBufferSize = 4096);
        // More than the buffers of the sockets and of the room. Each message is acknowledged before the next one: the deployment has no
        // message rate, and members must be able to read what is sent.
        await using var talker = await RoomClient.JoinAsync(new Uri($"ws://localhost:{target.Port}{target.Path}?user=talker"));
        for (var i = 0; i < Size(1500, 10_000); i++)
            await talker.SayAsync(new string('x', 4000));
        DisposeAll(members);
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Handshakes_at_one_byte_a_second_do_not_keep_others_out(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        var request = Encoding.ASCII.GetBytes(RawWebSocket.Request(target.Path));
        var clients = await Task.WhenAll(Enumerable.Range(0, Size(50, 500)).Select(_ => RawWebSocket.ConnectAsync(target.Port)));
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var sent = 0; sent < Size(2, 15); sent++)
        {
            await Task.WhenAll(clients.Select(client => TrySendAsync(client, request.AsMemory(sent, 1))));
            using (await target.JoinAsync())
                await second.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        if (IsFullSize) // the timeout of a handshake is over: each has been answered with 408, or closed
            Assert.All(await Task.WhenAll(clients.Select(EndsAsync)), Assert.True);
        DisposeAll(clients);
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Storm_of_connects_and_disconnects_leaves_nothing_behind(Entrance entrance) => AttackAsync(entrance, target =>
        Parallel.ForAsync(0, Size(300, 5000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            if (i % 3 == 0)
            {
                using var unfinished = await RawWebSocket.ConnectAsync(target.Port);
                await unfinished.SendBytesAsync("GET /"u8.ToArray());
                return;
            }
            using var client = await target.JoinAsync();
            if (i % 3 == 1)
                client.Socket.LingerState = new LingerOption(true, 0); // a reset
            else
                await client.SendCloseAsync(1000);
        }));

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Peers_that_vanish_in_the_middle_of_a_frame_lose_their_seats(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        var members = await JoinAsync(Size(50, 500), target);
        await using var witness = await RoomClient.JoinAsync(new Uri($"ws://localhost:{target.Port}{target.Path}"));
        var half = RawWebSocket.Frame(0x81, new byte[1000]).AsMemory(0, 500);
        await Task.WhenAll(members.Select(member => member.SendBytesAsync(half)));
        foreach (var member in members)
            member.Socket.LingerState = new LingerOption(true, 0);
        DisposeAll(members);
        await witness.NextAsync(e => e.Type == "presence" && e.Json.GetProperty("count").GetInt32() == 3, "presence of the bystanders");
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Two_hundred_names_in_one_session_are_one_member(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        RawWebSocket? last = null;
        for (var i = 0; i < 200; i++)
        {
            var next = await target.JoinAsync($"user=name-{i}&session=session-of-mallory");
            Assert.Contains("\"user\":\"name-0\"", (await next.ReadFrameAsync()).Text, StringComparison.Ordinal);
            if (last is not null)
                Assert.Equal(4009, await last.ReadCloseCodeAsync());
            last?.Dispose();
            last = next;
        }
        last!.Dispose();
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Oversized_headers_and_queries_are_refused(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        foreach (var length in (int[])[9_000, 50_000, 500_000])
        {
            foreach (var request in (string[])
            [
                RawWebSocket.Request($"{target.Path}?user={new string('x', length)}"),
                RawWebSocket.Request(target.Path, [.. Enumerable.Range(0, 1 + length / 8000).Select(i => $"X-{i}: {new string('x', 8000)}")]),
            ])
            {
                using var client = await RawWebSocket.ConnectAsync(target.Port);
                var status = await StatusAsync(client, request);
                // A header of 8 KB alone is permitted.
                Assert.True(status is 400 or 414 or 431 or 0 || (status == 101 && length < 30_000), $"{length}: {status}");
            }
        }
    });

    private static Task<RawWebSocket[]> JoinAsync(int count, AttackTarget target, Action<Socket>? prepare = null) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => target.JoinAsync($"user=attacker-{i}", prepare)));

    private static async Task TrySendAsync(RawWebSocket client, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await client.SendBytesAsync(bytes);
        }
        catch (IOException)
        {
            // Closed by the server.
        }
    }

    private static async Task<bool> EndsAsync(RawWebSocket client)
    {
        try
        {
            var answer = await client.ReadHeadAsync();
            return answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException)
        {
            return true;
        }
    }

    // 0 if the server closed the connection without an answer.
    private static async Task<int> StatusAsync(RawWebSocket client, string request)
    {
        await TrySendAsync(client, Encoding.ASCII.GetBytes(request));
        try
        {
            return int.Parse((await client.ReadHeadAsync()).Split(' ')[1], null);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static void DisposeAll(IEnumerable<RawWebSocket> clients)
    {
        foreach (var client in clients)
            client.Dispose();
    }
}
