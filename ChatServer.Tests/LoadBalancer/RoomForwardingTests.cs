using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

public sealed class RoomForwardingTests(RoomCluster cluster) : IClassFixture<RoomCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_get_of_a_room_is_answered_by_the_room()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("plain");

        using var answer = await lb.Http.GetAsync("/rooms/plain", Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("plain", await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Whether_a_room_is_there_can_be_asked_without_its_name_in_return()
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
    public async Task A_websocket_reaches_the_root_of_the_room_with_its_query_and_subprotocol()
    {
        var lb = await cluster.LoadBalancerAsync();
        var room = await cluster.RoomAsync("sockets");

        using var member = await lb.ConnectAsync(
            "/rooms/sockets?user=J%C3%BCrgen%20X&since=ab12.7", options => options.AddSubProtocol("chat.v1"));

        Assert.Equal("chat.v1", member.SubProtocol);
        Assert.Equal("sockets", await member.ReceiveTextAsync());
        await member.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, Ct);
        Assert.Equal("hello", await member.ReceiveTextAsync());
        var (target, headers) = Assert.Single(room.Requests);
        Assert.Equal("GET /?user=J%C3%BCrgen%20X&since=ab12.7", target);
        Assert.Equal("13", headers["Sec-WebSocket-Version"]);
        Assert.Equal($"127.0.0.1:{room.Port}", headers["Host"]);
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
    }

    [Fact]
    public async Task A_close_with_its_code_passes_in_both_directions()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("closing");
        using var member = await lb.ConnectAsync("/rooms/closing");
        await member.ReceiveTextAsync();

        await member.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Ct);

        Assert.Equal(4001, (int)member.CloseStatus!);
        Assert.Equal("kicked", member.CloseStatusDescription);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(426)]
    [InlineData(429)]
    public async Task A_refused_handshake_is_passed_on_as_the_room_worded_it(int status)
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync($"refusing-{status}");

        using var answer = await lb.HandshakeAsync($"/rooms/refusing-{status}?refuse={status}");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal($"refused with {status}", await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal("13", answer.Headers.GetValues("Sec-WebSocket-Version").Single());
    }

    [Fact]
    public async Task A_room_that_nobody_created_is_not_found_and_found_as_soon_as_it_is_created()
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
    public async Task Nothing_else_below_rooms_is_forwarded(string method, string path)
    {
        var lb = await cluster.LoadBalancerAsync();
        var api = cluster.Own(await FakeApi.StartAsync());
        await lb.RegisterAsync(api);

        using var answer = await lb.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Ct);

        await answer.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task A_room_that_moved_is_followed_while_its_old_port_still_answers()
    {
        // Time stands still: nothing but the word of the change can make it look again.
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        await cluster.RoomAsync("moving", announce: "old home");
        await Eventually.Async(() => lb.Http.GetStringAsync("/rooms/moving", Ct), answer => answer == "old home");

        await cluster.RoomAsync("moving", announce: "new home");

        await Eventually.Async(() => lb.Http.GetStringAsync("/rooms/moving", Ct), answer => answer == "new home");
    }

    [Fact]
    public async Task A_move_costs_nobody_a_refusal()
    {
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        var home = await cluster.RoomAsync("restless");
        for (var move = 0; move < 20; move++)
        {
            Assert.Equal("restless", await lb.Http.GetStringAsync("/rooms/restless", Ct));
            var next = cluster.Own(await FakeRoom.StartAsync("restless"));
            await home.DisposeAsync();
            await cluster.OpenAsync("restless", next.Port);
            using var member = await lb.ConnectAsync("/rooms/restless");
            Assert.Equal("restless", await member.ReceiveTextAsync());
            home = next;
        }
    }

    [Fact]
    public async Task A_room_whose_host_is_gone_is_unavailable_until_it_is_open_elsewhere()
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
        Assert.Equal("adopted", await lb.Http.GetStringAsync("/rooms/orphan", Ct));
    }

    [Fact]
    public async Task A_room_that_no_host_has_opened_yet_is_waited_for()
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
    public async Task A_handshake_is_held_while_the_room_of_a_dead_host_is_opened_on_another()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.OpenAsync("bereft", FreePort.Next());
        await cluster.RenewLeaseAsync("host-2");
        var adopter = cluster.Own(await FakeRoom.StartAsync("adopted"));

        var joining = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => lb.ConnectAsync("/rooms/bereft")));
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
                return joining.IsCompleted;
            },
            completed => completed);
        await cluster.Backplane.Lease.ReleaseAsync("host-2"); // the other tests' rooms are not to go there

        foreach (var member in await joining)
        {
            Assert.Equal("adopted", await member.ReceiveTextAsync());
            member.Dispose();
        }
    }

    [Fact]
    public async Task A_handshake_at_a_host_that_stands_still_goes_on_where_the_room_was_moved_to()
    {
        var lb = await cluster.LoadBalancerAsync(new FakeTimeProvider());
        using var paused = new TcpListener(IPAddress.Loopback, 0); // the kernel accepts for a process that stands still
        paused.Start();
        await cluster.OpenAsync("stuck", ((IPEndPoint)paused.LocalEndpoint).Port);
        var answer = lb.Http.GetStringAsync("/rooms/stuck", Ct);
        await Eventually.Async(() => paused.Pending());

        await cluster.RoomAsync("stuck", announce: "unstuck");

        Assert.Equal("unstuck", await answer.WaitAsync(Eventually.Timeout, Ct));
    }

    [Fact]
    public async Task A_port_that_is_another_rooms_by_now_is_not_taken_for_the_room()
    {
        var lb = await cluster.LoadBalancerAsync();
        var other = cluster.Own(await FakeRoom.StartAsync("other"));
        other.IsStrict = true;
        await cluster.OpenAsync("mine", other.Port);
        var plain = lb.Http.GetStringAsync("/rooms/mine", Ct);
        var socket = lb.ConnectAsync("/rooms/mine");
        await Eventually.Async(() => other.Requests.Count, count => count >= 2);

        var mine = await cluster.RoomAsync("mine");
        mine.IsStrict = true;

        Assert.Equal("mine", await plain);
        using var member = await socket;
        Assert.Equal("mine", await member.ReceiveTextAsync());
    }

    [Fact]
    public async Task A_member_is_cut_off_a_host_that_keeps_it_though_the_room_lives_elsewhere()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("kept", announce: "old home");
        using var member = await lb.ConnectAsync("/rooms/kept");
        Assert.Equal("old home", await member.ReceiveTextAsync());

        await cluster.RoomAsync("kept", announce: "new home");

        await Assert.ThrowsAsync<WebSocketException>(() => member.ReceiveTextAsync());
        using var again = await lb.ConnectAsync("/rooms/kept");
        Assert.Equal("new home", await again.ReceiveTextAsync());
    }

    [Fact]
    public async Task A_host_that_accepts_and_never_answers_does_not_hold_a_client_for_ever()
    {
        var time = new FakeTimeProvider();
        var lb = await cluster.LoadBalancerAsync(time);
        using var paused = new TcpListener(IPAddress.Loopback, 0); // the kernel accepts for a process that stands still
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
    public async Task A_member_that_vanishes_leaves_the_room()
    {
        var lb = await cluster.LoadBalancerAsync();
        var room = await cluster.RoomAsync("vanishing");
        var member = await lb.ConnectAsync("/rooms/vanishing");
        await member.ReceiveTextAsync();
        Assert.Equal(1, room.Members);

        member.Abort();

        await Eventually.Async(() => room.Members == 0);
    }

    [Fact]
    public async Task A_load_balancer_that_stops_lets_its_members_go_at_once()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("stopping");
        using var member = await lb.ConnectAsync("/rooms/stopping");
        await member.ReceiveTextAsync();

        var watch = Stopwatch.StartNew();
        await lb.StopAsync();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<WebSocketException>(() => member.ReceiveTextAsync());
    }
}
