using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>The way in: what throws, what is tried again, and where.</summary>
public sealed class JoinTests : ScriptedTests
{
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refusal_that_will_not_pass_is_thrown(int status)
    {
        Room.Refuse(status);
        var refused = await Assert.ThrowsAsync<JoinRefusedException>(() => ChatRoom.JoinAsync(Options).WaitAsync(Eventually.Patience));
        Assert.Equal(status, refused.Status);
        Assert.Equal(1, Room.Knocks);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task A_refusal_that_may_pass_is_not(int status)
    {
        Room.Refuse(status);
        Room.Refuse(status);
        var joining = ChatRoom.JoinAsync(Options);
        await Room.SeatAsync(0);
        await Room.LeaveAsync(await joining);
        Assert.Equal(3, Room.Knocks);
    }

    [Fact]
    public async Task The_time_that_a_server_asks_for_is_waited()
    {
        var time = new FakeTimeProvider();
        Room.Refuse(503, retryAfter: "7");
        var joining = ChatRoom.JoinAsync(Options with { Time = time });
        await PassAsync(time, () => Room.Knocks == 2);
        // At most two steps beyond what is allowed: the wait begins a moment after the refusal.
        Assert.InRange((time.GetUtcNow() - time.Start).TotalSeconds, 7, 60);
        await Room.SeatAsync(0);
        await Room.LeaveAsync(await joining);
    }

    [Fact]
    public async Task Attempts_end_when_they_are_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        for (var i = 0; i < 100; i++)
            Room.Refuse(503);
        var joining = ChatRoom.JoinAsync(Options, cancel.Token);
        await Eventually.Async(() => Room.Knocks >= 2);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task One_load_balancer_of_several_is_enough()
    {
        var nobody = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        // Whichever is the first, both must do.
        for (var i = 0; i < 8; i++)
        {
            var joining = ChatRoom.JoinAsync(Options with { Addresses = [nobody, Room.Address, nobody] });
            await Room.SeatAsync(0);
            await Room.LeaveAsync(await joining.WaitAsync(Eventually.Patience));
        }
    }

    [Fact]
    public async Task A_load_balancer_that_is_gone_is_replaced_by_another_one()
    {
        await using var other = await ScriptedRoom.StartAsync();
        var joining = ChatRoom.JoinAsync(Options with { Addresses = [Room.Address, other.Address] });
        await Eventually.Async(() => Room.Knocks + other.Knocks == 1);
        var (first, second) = Room.Knocks == 1 ? (Room, other) : (other, Room);
        await first.SeatAsync(0);
        var client = await joining;
        await first.DisposeAsync();
        await second.SeatAsync(0, resumed: true);
        await second.LeaveAsync(client);
    }

    [Fact]
    public async Task An_address_that_does_not_answer_is_given_up()
    {
        var time = new FakeTimeProvider();
        var silent = new TaskCompletionSource();
        Room.Door = silent.Task;
        var joining = ChatRoom.JoinAsync(Options with { Time = time, ConnectTimeout = TimeSpan.FromSeconds(3) });
        await Eventually.Async(() => Room.Knocks == 1);
        Room.Door = Task.CompletedTask;
        await PassAsync(time, () => Room.Knocks == 2);
        await Room.SeatAsync(0);
        silent.SetResult();
        await Room.LeaveAsync(await joining);
    }

    [Fact]
    public async Task A_room_that_lets_in_and_says_nothing_is_given_up()
    {
        var time = new FakeTimeProvider();
        var joining = ChatRoom.JoinAsync(Options with { Time = time });
        await Room.SeatAsync();
        await PassAsync(time, () => Room.Knocks == 2, TimeSpan.FromSeconds(1));
        await Room.SeatAsync(0);
        await Room.LeaveAsync(await joining);
    }

    [Fact]
    public async Task A_token_is_asked_for_before_every_connection()
    {
        var asked = 0;
        var joining = ChatRoom.JoinAsync(Options with { Token = _ => ValueTask.FromResult($"token {++asked}") });
        var first = await Room.SeatAsync(0);
        var client = await joining;
        first.Break();
        var second = await Room.SeatAsync(0, resumed: true);
        Assert.Equal(("token 1", "token 2"), (first["token"], second["token"]));
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Who_gives_no_token_at_first_is_told_and_later_is_asked_again()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => ChatRoom.JoinAsync(Options with { Token = _ => throw new InvalidTimeZoneException() }).WaitAsync(Eventually.Patience));

        var asked = 0;
        var joining = ChatRoom.JoinAsync(Options with { Token = _ => ++asked == 2 ? throw new InvalidTimeZoneException() : ValueTask.FromResult("t") });
        var first = await Room.SeatAsync(0);
        var client = await joining;
        first.Break();
        await Room.SeatAsync(0, resumed: true);
        Assert.Equal(3, asked);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task A_room_that_is_closed_before_we_are_in_is_told()
    {
        var joining = ChatRoom.JoinAsync(Options);
        await (await Room.SeatAsync()).CloseAsync(4004, reconnect: false);
        Assert.Equal(4004, (await Assert.ThrowsAsync<RoomClosedException>(() => joining.WaitAsync(Eventually.Patience))).Code);
    }

    [Fact]
    public async Task A_name_keeps_its_characters_on_the_way()
    {
        var joining = ChatRoom.JoinAsync(Options with { User = "Zoë & +1/€" });
        var seat = await Room.SeatAsync(0);
        Assert.Equal("Zoë & +1/€", seat["user"]);
        await Room.LeaveAsync(await joining);
    }

    [Theory]
    [InlineData("ftp://x", "lobby", "ada")]
    [InlineData("", "lobby", "ada")]
    [InlineData("http://x", "not a room", "ada")]
    [InlineData("http://x", "lobby", "a\tb")]
    public async Task Nonsense_is_refused_before_anything_is_sent(string addresses, string room, string user) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => ChatRoom.JoinAsync(addresses, room, user));
}
