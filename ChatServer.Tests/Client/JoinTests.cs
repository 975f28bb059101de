using System.Buffers.Text;
using System.Text;
using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>Joining: which errors are thrown, which are retried, and at which address.</summary>
public sealed class JoinTests : ScriptedTests
{
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Permanent_refusal_is_thrown(int status)
    {
        Room.Refuse(status);
        var refused = await Assert.ThrowsAsync<JoinRefusedException>(() => ChatRoom.JoinAsync(Options).WaitAsync(Eventually.Timeout));
        Assert.Equal(status, refused.Status);
        Assert.Equal(1, Room.Knocks);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Temporary_refusal_is_retried(int status)
    {
        Room.Refuse(status);
        Room.Refuse(status);
        var joining = ChatRoom.JoinAsync(Options);
        await Room.SeatAsync(0);
        await Room.LeaveAsync(await joining);
        Assert.Equal(3, Room.Knocks);
    }

    [Fact]
    public async Task Join_waits_for_retry_after()
    {
        var time = new FakeTimeProvider();
        Room.Refuse(503, retryAfter: "7");
        var joining = ChatRoom.JoinAsync(Options with { Time = time });
        await PassAsync(time, () => Room.Knocks == 2);
        // At most two steps above the limit: the wait begins a moment after the refusal.
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
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining.WaitAsync(Eventually.Timeout));
    }

    [Fact]
    public async Task One_load_balancer_of_several_is_enough()
    {
        var nobody = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        // Either address can be the first; both must work.
        for (var i = 0; i < 8; i++)
        {
            var joining = ChatRoom.JoinAsync(Options with { Addresses = [nobody, Room.Address, nobody] });
            await Room.SeatAsync(0);
            await Room.LeaveAsync(await joining.WaitAsync(Eventually.Timeout));
        }
    }

    [Fact]
    public async Task Reconnect_uses_another_load_balancer_if_one_is_down()
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
    public async Task Unresponsive_address_times_out()
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
    public async Task Missing_welcome_times_out()
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
        var joining = ChatRoom.JoinAsync(Options with { Token = _ => ValueTask.FromResult($"token-{++asked}") });
        var first = await Room.SeatAsync(0);
        var client = await joining;
        first.Break();
        var second = await Room.SeatAsync(0, resumed: true);
        Assert.Equal(("token-1", "token-2"), (first.Token, second.Token));
        Assert.Null(first["token"]); // proxies log URLs
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Token_is_renewed_on_the_open_connection_before_it_expires()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        var tokens = new List<string>();
        string Issue()
        {
            var claims = $$"""{"exp":{{time.GetUtcNow().ToUnixTimeSeconds() + 60}}}""";
            tokens.Add($"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.{tokens.Count}");
            return tokens[^1];
        }
        var asked = 0;
        // The second call fails, as when the backend is restarted.
        var joining = ChatRoom.JoinAsync(Options with
        {
            Time = time,
            Token = _ => ++asked == 2 ? throw new InvalidTimeZoneException() : ValueTask.FromResult(Issue()),
        });
        var seat = await Room.SeatAsync(0, limits: new { pingSeconds = 3600, silenceSeconds = 7200 });
        var client = await joining;

        await PassAsync(time, () => tokens.Count == 3, TimeSpan.FromSeconds(1));

        for (var renewal = 1; renewal <= 2; renewal++)
        {
            var frame = await seat.HearAsync();
            Assert.Equal(
                ("token", $"token-{renewal}", tokens[renewal]),
                (frame.GetProperty("type").GetString(), frame.GetProperty("id").GetString(), frame.GetProperty("token").GetString()));
        }
        Assert.Equal(1, Room.Knocks);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Client_reconnects_with_a_new_token_after_the_old_one_expired()
    {
        var asked = 0;
        var joining = ChatRoom.JoinAsync(Options with { Token = _ => ValueTask.FromResult($"token-{++asked}") });
        var first = await Room.SeatAsync(0);
        var client = await joining;

        await first.CloseAsync(4003, reconnect: false, reason: "token-expired");

        Assert.Equal("token-2", (await Room.SeatAsync(0, resumed: true)).Token);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Failed_token_is_thrown_on_join_and_retried_on_reconnect()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => ChatRoom.JoinAsync(Options with { Token = _ => throw new InvalidTimeZoneException() }).WaitAsync(Eventually.Timeout));

        var asked = 0;
        var joining = ChatRoom.JoinAsync(
            Options with { Token = _ => ++asked == 2 ? throw new InvalidTimeZoneException() : ValueTask.FromResult("t") });
        var first = await Room.SeatAsync(0);
        var client = await joining;
        first.Break();
        await Room.SeatAsync(0, resumed: true);
        Assert.Equal(3, asked);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Join_throws_if_the_room_closes_before_the_welcome()
    {
        var joining = ChatRoom.JoinAsync(Options);
        await (await Room.SeatAsync()).CloseAsync(4004, reconnect: false);
        Assert.Equal(4004, (await Assert.ThrowsAsync<RoomClosedException>(() => joining.WaitAsync(Eventually.Timeout))).Code);
    }

    [Fact]
    public async Task Name_is_sent_unchanged()
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
    public async Task Invalid_options_are_refused_before_connecting(string addresses, string room, string user) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => ChatRoom.JoinAsync(addresses, room, user));
}
