using System.Net;
using System.Net.Sockets;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

public sealed class RoomForwardingTests(RoomCluster cluster) : IClassFixture<RoomCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plain_GET_is_answered_by_the_room()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("plain");

        using var answer = await lb.Http.GetAsync("/rooms/plain", Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("plain", await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task HEAD_is_answered_without_a_body()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("headed");

        using var answer = await lb.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/rooms/headed"), Ct);
        using var refusal = await lb.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/rooms/beheaded"), Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(HttpStatusCode.NotFound, refusal.StatusCode);
    }

    [Fact]
    public async Task Room_is_not_found_before_its_creation_and_found_after_it()
    {
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());

        using (var answer = await lb.HandshakeAsync("/rooms/later"))
            await answer.IsProblemAsync(HttpStatusCode.NotFound, "room-not-found");

        await cluster.RoomAsync("later");
        Assert.Equal("later", await lb.Http.GetStringAsync("/rooms/later", Ct));
    }

    [Theory]
    [InlineData("-starts-with-a-dash")]
    [InlineData("has%20space")]
    [InlineData("a%2Fb")]
    [InlineData("x%3Fuser=a")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task Invalid_room_name_is_refused(string name)
    {
        var lb = await cluster.LoadBalancerAsync();

        using var answer = await lb.Http.GetAsync($"/rooms/{name}", Ct);

        await answer.IsProblemAsync(HttpStatusCode.BadRequest, "invalid-room-name");
    }

    [Theory]
    [InlineData("GET", "/rooms")]
    [InlineData("GET", "/rooms/plain/messages")]
    [InlineData("POST", "/rooms/plain")]
    [InlineData("DELETE", "/rooms/plain")]
    public async Task Other_requests_below_rooms_are_not_forwarded(string method, string path)
    {
        var lb = await cluster.LoadBalancerAsync();
        var api = cluster.Own(await FakeApi.StartAsync());
        await lb.RegisterAsync(api);

        using var answer = await lb.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Ct);

        await answer.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task Moved_room_is_found_while_its_old_port_still_answers()
    {
        // Time does not advance, so only the notification of the change causes a lookup.
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        await cluster.RoomAsync("moving", announce: "old host");
        await Eventually.Async(() => lb.Http.GetStringAsync("/rooms/moving", Ct), answer => answer == "old host");

        await cluster.RoomAsync("moving", announce: "new host");

        await Eventually.Async(() => lb.Http.GetStringAsync("/rooms/moving", Ct), answer => answer == "new host");
    }

    [Fact]
    public async Task No_request_is_refused_during_moves()
    {
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        var host = await cluster.RoomAsync("restless");
        for (var move = 0; move < 20; move++)
        {
            Assert.Equal("restless", await lb.Http.GetStringAsync("/rooms/restless", Ct));
            var next = cluster.Own(await FakeRoom.StartAsync("restless"));
            await host.DisposeAsync();
            await cluster.OpenAsync("restless", next.Port);
            host = next;
        }
    }

    [Fact]
    public async Task Room_of_a_dead_host_is_unavailable_until_it_is_open_on_another_host()
    {
        var lb = await cluster.LoadBalancerAsync();
        await using (var room = await FakeRoom.StartAsync("orphan"))
        {
            await cluster.OpenAsync("orphan", room.Port);
            Assert.Equal("orphan", await lb.Http.GetStringAsync("/rooms/orphan", Ct));
        }

        using (var answer = await lb.HandshakeAsync("/rooms/orphan"))
        {
            await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "room-unavailable");
            Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        }

        await cluster.RoomAsync("orphan", announce: "adopted");
        await Eventually.Async(async () =>
        {
            await cluster.RenewLeaseAsync("host-1"); // a room is open only while its host lives
            using var answer = await lb.Http.GetAsync("/rooms/orphan", Ct);
            return await answer.Content.ReadAsStringAsync(Ct);
        }, answer => answer == "adopted");
    }

    [Fact]
    public async Task Request_waits_for_a_room_that_is_being_placed()
    {
        var lb = await cluster.LoadBalancerAsync();
        var room = cluster.Own(await FakeRoom.StartAsync("placing"));
        var creation = cluster.CreateAsync("placing");
        await Eventually.Async<RoomRecord?>(() => cluster.Backplane.Rooms.FindAsync("placing"), found => found is not null);

        var answer = lb.Http.GetStringAsync("/rooms/placing", Ct);
        await cluster.OpenAsync("placing", room.Port);

        Assert.Equal("placing", await answer);
        await creation;
    }

    [Fact]
    public async Task Requests_wait_while_the_room_of_a_dead_host_is_opened_on_another_host()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.OpenAsync("bereft", FreePort.Next());
        await cluster.RenewLeaseAsync("host-2");
        var adopter = cluster.Own(await FakeRoom.StartAsync("adopted"));

        var answers = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => lb.Http.GetStringAsync("/rooms/bereft", Ct)));
        await Eventually.Async(
            async () =>
            {
                await cluster.RenewLeaseAsync("host-2");
                return await cluster.Backplane.Ownership.ClaimAsync("bereft", "host-2", "127.0.0.1", adopter.Port);
            },
            claimed => claimed is not null);
        await Eventually.Async(
            async () =>
            {
                await cluster.RenewLeaseAsync("host-2"); // a room is open only while its host lives
                return answers.IsCompleted;
            },
            completed => completed);
        await cluster.Backplane.Lease.ReleaseAsync("host-2"); // rooms of other tests must not be placed there

        Assert.All(await answers, answer => Assert.Equal("adopted", answer));
    }

    [Fact]
    public async Task Request_at_a_paused_host_continues_at_the_next_host_of_the_room()
    {
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        using var paused = new TcpListener(IPAddress.Loopback, 0); // the kernel accepts for a paused process
        paused.Start();
        await cluster.OpenAsync("stuck", ((IPEndPoint)paused.LocalEndpoint).Port);
        var answer = lb.Http.GetStringAsync("/rooms/stuck", Ct);
        await Eventually.Async(() => paused.Pending());

        await cluster.RoomAsync("stuck", announce: "unstuck");

        Assert.Equal("unstuck", await answer.WaitAsync(Eventually.Timeout, Ct));
    }

    [Fact]
    public async Task Port_that_belongs_to_another_room_by_now_is_not_used()
    {
        var lb = await cluster.LoadBalancerAsync();
        var other = cluster.Own(await FakeRoom.StartAsync("other"));
        other.IsStrict = true;
        await cluster.OpenAsync("mine", other.Port);
        var plain = lb.Http.GetStringAsync("/rooms/mine", Ct);
        await Eventually.Async(() => other.Requests.Count, count => count >= 1);

        var mine = await cluster.RoomAsync("mine");
        mine.IsStrict = true;

        Assert.Equal("mine", await plain);
    }

    [Fact]
    public async Task Handshake_at_a_host_that_never_answers_gets_503()
    {
        var time = new FakeTimeProvider();
        var lb = await cluster.LoadBalancerAsync(time);
        using var paused = new TcpListener(IPAddress.Loopback, 0); // the kernel accepts for a paused process
        paused.Start();
        await cluster.OpenAsync("paused", ((IPEndPoint)paused.LocalEndpoint).Port);

        var handshake = lb.HandshakeAsync("/rooms/paused");
        await Eventually.Async(() => paused.Pending());
        Assert.False(handshake.IsCompleted);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return handshake.IsCompleted;
        });

        using var answer = await handshake;
        await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "room-unavailable");
    }

    [Fact]
    public async Task Host_that_dies_while_it_receives_a_body_gets_503()
    {
        var lb = await cluster.LoadBalancerAsync();
        using var dying = new TcpListener(IPAddress.Loopback, 0);
        dying.Start();
        await cluster.OpenAsync("dying", ((IPEndPoint)dying.LocalEndpoint).Port);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/rooms/dying") { Content = new ByteArrayContent(new byte[900_000]) };

        var answering = lb.Http.SendAsync(request, Ct);
        using (var connection = await dying.AcceptSocketAsync(Ct))
        {
            await connection.ReceiveAsync(new byte[1000], Ct);
            connection.LingerState = new(true, 0); // a reset
        }
        dying.Stop();

        using var answer = await answering;
        await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "room-unavailable");
    }
}
