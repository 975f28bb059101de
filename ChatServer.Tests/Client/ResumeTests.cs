using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>Connections end in all possible ways; the reader gets one continuous history.</summary>
public sealed class ResumeTests : ScriptedTests
{
    [Fact]
    public async Task Events_logged_while_disconnected_arrive_in_order()
    {
        await using var joined = await JoinAsync(seq: 7);
        await joined.Seat.MessagesAsync(8, 9);
        await joined.Reader.NextAsync(8, 9);
        joined.Seat.Break();

        var seat = await Room.SeatAsync(12, resumed: true);
        Assert.Equal("e1.9", seat["since"]);
        await seat.MessagesAsync(10, 13);

        Assert.Equal(1006, (await joined.Reader.NextAsync<ConnectionLost>()).Code);
        Assert.True((await joined.Reader.NextAsync<Welcomed>()).Resumed);
        await joined.Reader.NextAsync(10, 13);
    }

    [Fact]
    public async Task Reconnect_sends_the_same_session_and_assigned_name()
    {
        var joining = ChatRoom.JoinAsync(Options);
        var first = await Room.SeatAsync(0, user: "ada-2");
        var client = await joining;
        Assert.Equal("ada-2", client.User);
        first.Break();

        var second = await Room.SeatAsync(0, resumed: true, user: "ada-2");
        Assert.Equal(("ada", "ada-2"), (first["user"], second["user"]));
        Assert.Null(first["session"]); // proxies log URLs
        Assert.Equal(first.Session, second.Session);
        Assert.InRange(first.Session.Length, 16, 64);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Repeated_event_is_delivered_once()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 3);
        await joined.Seat.MessageAsync(2);
        await joined.Seat.MessageAsync(3);
        await joined.Seat.MessageAsync(4);
        await joined.Reader.NextAsync(1, 4);
    }

    [Fact]
    public async Task Trimmed_events_are_reported_as_missed()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 2);
        await joined.Reader.NextAsync(1, 2);
        joined.Seat.Break();

        var seat = await Room.SeatAsync(20);
        Assert.Equal(("e1.2", $"{int.MaxValue}"), (seat["since"], seat["history"]));
        await seat.MessagesAsync(15, 21);

        await joined.Reader.NextAsync<ConnectionLost>();
        Assert.False((await joined.Reader.NextAsync<Welcomed>()).Resumed);
        Assert.Equal(new EventsMissed("e1", 3, 14), await joined.Reader.NextAsync<EventsMissed>());
        await joined.Reader.NextAsync(15, 21);
    }

    [Fact]
    public async Task Skipped_event_is_reported_as_missed()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessageAsync(1);
        await joined.Seat.MessageAsync(3);
        await joined.Reader.NextAsync(1, 1);
        Assert.Equal(new EventsMissed("e1", 2, 2), await joined.Reader.NextAsync<EventsMissed>());
        await joined.Reader.NextAsync(3, 3);
    }

    [Fact]
    public async Task New_epoch_is_reported_as_a_changed_history()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 5);
        await joined.Reader.NextAsync(1, 5);
        await joined.Seat.CloseAsync(1001, reconnect: true);

        var seat = await Room.SeatAsync(2, epoch: "e2");
        await seat.MessagesAsync(1, 3);

        Assert.Equal(new ConnectionLost(1001, "why"), await joined.Reader.NextAsync<ConnectionLost>());
        await joined.Reader.NextAsync<Welcomed>();
        Assert.Equal(new HistoryChanged("e1", 5, "e2"), await joined.Reader.NextAsync<HistoryChanged>());
        await joined.Reader.NextAsync(1, 3);
        seat.Break();

        // The new history is resumed in the same way.
        Assert.Equal("e2.3", (await Room.SeatAsync(3, epoch: "e2", resumed: true))["since"]);
    }

    [Fact]
    public async Task Shortened_log_is_reported_as_a_changed_history()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 5);
        await joined.Reader.NextAsync(1, 5);
        joined.Seat.Break();

        var seat = await Room.SeatAsync(3);
        await seat.MessagesAsync(1, 4);

        await joined.Reader.NextAsync<ConnectionLost>();
        await joined.Reader.NextAsync<Welcomed>();
        Assert.Equal(new HistoryChanged("e1", 5, "e1"), await joined.Reader.NextAsync<HistoryChanged>());
        await joined.Reader.NextAsync(1, 4);
    }

    [Fact]
    public async Task History_may_be_short_but_nothing_is_missed_since_the_join()
    {
        await using var joined = await JoinAsync(seq: 100, Options with { History = 10 });
        Assert.Equal(("10", (string?)null), (joined.Seat["history"], joined.Seat["since"]));
        joined.Seat.Break();

        // No event was delivered yet, so the same ten are requested, with all later events.
        var seat = await Room.SeatAsync(103);
        Assert.Equal("e1.90", seat["since"]);
        await seat.MessageAsync(97);
        await joined.Reader.NextAsync<ConnectionLost>();
        await joined.Reader.NextAsync<Welcomed>();
        await joined.Reader.NextAsync(97, 97);
        seat.Break();

        seat = await Room.SeatAsync(104);
        Assert.Equal("e1.97", seat["since"]);
        await seat.MessageAsync(102);
        await joined.Reader.NextAsync<ConnectionLost>();
        await joined.Reader.NextAsync<Welcomed>();
        Assert.Equal(new EventsMissed("e1", 98, 101), await joined.Reader.NextAsync<EventsMissed>());
        await joined.Reader.NextAsync(102, 102);
    }

    [Fact]
    public async Task Unknown_event_types_leave_no_gap()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.SendTextAsync("""{"type":"reaction","seq":1,"user":{"name":"bob"},"time":5}""");
        await joined.Seat.SendTextAsync("""{"type":"weather","user":17}""");
        await joined.Seat.MessageAsync(2);
        Assert.Equal(new OtherLogged("e1", 1, "reaction"), await joined.Reader.NextAsync<OtherLogged>());
        await joined.Reader.NextAsync(2, 2);
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(1013)]
    [InlineData(1011)]
    public async Task Reconnect_codes_reconnect(int code)
    {
        await using var joined = await JoinAsync();
        await joined.Seat.CloseAsync(code);
        await Room.SeatAsync(0, resumed: true);
        Assert.Equal(code, (await joined.Reader.NextAsync<ConnectionLost>()).Code);
        await joined.Reader.NextAsync<Welcomed>();
    }

    [Theory]
    [InlineData(1008)]
    [InlineData(4001)]
    [InlineData(4003)]
    [InlineData(4004)]
    [InlineData(4009)]
    [InlineData(4321)]
    public async Task Final_codes_end_the_session(int code)
    {
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("hello");
        await joined.Seat.HearAsync();
        await joined.Seat.CloseAsync(code, reconnect: false, "because");

        Assert.Equal(new Closed(code, "because"), await joined.Reader.NextAsync<Closed>());
        await joined.Reader.EndAsync();
        Assert.Equal(code, (await Assert.ThrowsAsync<RoomClosedException>(() => saying)).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<RoomClosedException>(() => joined.Client.SayAsync("more"))).Code);
        Assert.Equal(1, Room.Knocks);
    }

    [Fact]
    public async Task Late_close_of_our_stale_connection_does_not_end_the_session()
    {
        var time = new FakeTimeProvider();
        var held = new TaskCompletionSource();
        Room.Door = held.Task;
        var joining = ChatRoom.JoinAsync(Options with { Time = time });
        await Eventually.Async(() => Room.Knocks == 1);
        Room.Door = Task.CompletedTask;
        await PassAsync(time, () => Room.Knocks == 2, TimeSpan.FromSeconds(1));
        var seat = await Room.SeatAsync(0);
        await using var client = await joining;

        // The client abandoned the first attempt, which joined after the second one.
        await seat.CloseAsync(4009, reconnect: false);
        await PassAsync(time, () => Room.Knocks == 3);
        seat = await Room.SeatAsync(0, resumed: true);
        held.SetResult();

        // Without an abandoned attempt, another client has the session.
        await seat.CloseAsync(4009, reconnect: false);
        var reading = new Reading(client);
        await reading.NextAsync<Welcomed>();
        await reading.NextAsync<ConnectionLost>();
        await reading.NextAsync<Welcomed>();
        Assert.Equal(4009, (await reading.NextAsync<Closed>()).Code);
    }

    [Fact]
    public async Task Room_missing_for_a_moment_is_retried()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        for (var i = 0; i < 3; i++)
            Room.Refuse(404);
        joined.Seat.Break();
        // In small steps: on a slow machine, one large step could exceed the time limit for an unknown room.
        await PassAsync(time, () => Room.Knocks == 5, TimeSpan.FromMilliseconds(10));
        await Room.SeatAsync(0, resumed: true);
        await joined.Reader.NextAsync<ConnectionLost>();
        await joined.Reader.NextAsync<Welcomed>();
    }

    [Fact]
    public async Task Room_that_stays_missing_ends_the_session()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        for (var i = 0; i < 100; i++)
            Room.Refuse(404);
        joined.Seat.Break();
        await joined.Reader.NextAsync<ConnectionLost>();
        var closed = joined.Reader.NextAsync<Closed>();
        await PassAsync(time, () => closed.IsCompleted, TimeSpan.FromMilliseconds(500));
        Assert.Equal(0, (await closed).Code);
        Assert.Contains("404", (await closed).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silent_connection_is_pinged_and_then_dropped()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        time.Advance(TimeSpan.FromSeconds(19));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("ping", (await joined.Seat.HearAsync()).GetProperty("type").GetString());
        await joined.Seat.SendTextAsync("""{"type":"pong"}""");
        await joined.Seat.SendTextAsync("""{"type":"typing","users":["bob"]}""");
        Assert.Equal(["bob"], (await joined.Reader.NextAsync<Typing>()).Users);

        // The room answered; from now on it does not.
        time.Advance(TimeSpan.FromSeconds(44));
        Assert.Equal("ping", (await joined.Seat.HearAsync()).GetProperty("type").GetString());
        Assert.Equal(1, Room.Knocks);
        await PassAsync(time, () => Room.Knocks == 2, TimeSpan.FromSeconds(1));
        await Room.SeatAsync(0, resumed: true);
        Assert.Contains("silent", (await joined.Reader.NextAsync<ConnectionLost>()).Reason, StringComparison.Ordinal);
        await joined.Reader.NextAsync<Welcomed>();
    }

    [Fact]
    public async Task Port_reused_by_another_room_is_not_joined()
    {
        await using var joined = await JoinAsync();
        joined.Seat.Break();
        await (await Room.SeatAsync()).WelcomeAsync(99, room: "attic");
        await joined.Reader.NextAsync<ConnectionLost>();
        Assert.Contains("attic", (await joined.Reader.NextAsync<Closed>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leave_sends_a_close_frame()
    {
        await using var joined = await JoinAsync();
        var leaving = joined.Client.DisposeAsync();
        Assert.Equal(1000, await joined.Seat.HearCloseAsync());
        await leaving;
        Assert.Equal(1000, (await joined.Reader.NextAsync<Closed>()).Code);
        await joined.Reader.EndAsync();
    }
}
