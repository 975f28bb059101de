using ChatServer.Client;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>Sending a message, up to its acknowledgement.</summary>
public sealed class SayTests : ScriptedTests
{
    [Fact]
    public async Task Echo_acknowledges_the_message_with_its_sequence()
    {
        await using var joined = await JoinAsync(seq: 4);
        var saying = joined.Client.SayAsync("héllo \"\u0001 😀");
        var said = await joined.Seat.HearAsync();
        Assert.Equal(("message", "héllo \"\u0001 😀"), (said.GetProperty("type").GetString(), said.GetProperty("text").GetString()));
        Assert.False(saying.IsCompleted);
        await joined.Seat.EchoAsync(5, said);

        var message = await saying.WaitAsync(Eventually.Timeout);
        Assert.Equal(("e1", 5L, "ada", said.GetProperty("id").GetString()), (message.Epoch, message.Seq, message.User, message.Id));
        Assert.Equal(message, await joined.Reader.NextAsync<Message>());
    }

    [Fact]
    public async Task Unreceived_messages_are_resent_in_order()
    {
        await using var joined = await JoinAsync();
        Task<Message>[] saying = [joined.Client.SayAsync("one"), joined.Client.SayAsync("two")];
        var one = await joined.Seat.HearAsync();
        joined.Seat.Break();

        var seat = await Room.SeatAsync(0, resumed: true);
        var three = joined.Client.SayAsync("three");
        var again = await seat.HearAsync();
        Assert.Equal(one.GetRawText(), again.GetRawText());
        await seat.EchoAsync(1, again);
        await seat.EchoAsync(2, await seat.HearAsync());
        await seat.EchoAsync(3, await seat.HearAsync());
        Assert.Equal([1, 2], (await Task.WhenAll(saying).WaitAsync(Eventually.Timeout)).Select(m => m.Seq));
        Assert.Equal("three", (await three.WaitAsync(Eventually.Timeout)).Text);
    }

    [Fact]
    public async Task Message_logged_before_a_disconnect_is_acknowledged_by_the_resume_once()
    {
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("once");
        var said = await joined.Seat.HearAsync();
        joined.Seat.Break();

        // The room has logged it as event 1: the resume contains it, and the repeated message is answered with the same event.
        var seat = await Room.SeatAsync(1, resumed: true);
        var again = await seat.HearAsync();
        Assert.Equal(said.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        await seat.EchoAsync(1, said);
        await seat.EchoAsync(1, said);
        await seat.MessageAsync(2);

        Assert.Equal(1, (await saying.WaitAsync(Eventually.Timeout)).Seq);
        await joined.Reader.NextAsync<ConnectionLost>();
        await joined.Reader.NextAsync<Welcomed>();
        await joined.Reader.NextAsync(1, 2);
    }

    [Fact]
    public async Task Repeated_event_still_acknowledges_its_message()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 9);
        await joined.Reader.NextAsync(1, 9);
        var saying = joined.Client.SayAsync("again");
        await joined.Seat.EchoAsync(3, await joined.Seat.HearAsync());
        Assert.Equal(3, (await saying.WaitAsync(Eventually.Timeout)).Seq);
        await joined.Seat.MessageAsync(10);
        await joined.Reader.NextAsync(10, 10);
    }

    [Theory]
    [InlineData(RoomErrorCodes.Unavailable)]
    [InlineData(RoomErrorCodes.RateLimited)]
    [InlineData(RoomErrorCodes.SlowMode)]
    public async Task Temporarily_refused_message_is_retried_after_a_pause(string code)
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        var saying = joined.Client.SayAsync("patience");
        var first = await joined.Seat.HearAsync();
        await joined.Seat.ErrorAsync(code, first);
        var hearing = joined.Seat.HearAsync();
        await PassAsync(time, () => hearing.IsCompleted, TimeSpan.FromMilliseconds(20));
        Assert.True(time.GetUtcNow() - time.Start >= TimeSpan.FromMilliseconds(100), "A pause.");
        Assert.Equal(first.GetRawText(), (await hearing).GetRawText());
        await joined.Seat.EchoAsync(1, first);
        Assert.Equal(1, (await saying.WaitAsync(Eventually.Timeout)).Seq);
    }

    [Fact]
    public async Task Temporarily_refused_message_is_retried_after_the_time_that_the_room_states()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        var saying = joined.Client.SayAsync("patience");
        var first = await joined.Seat.HearAsync();
        await joined.Seat.ErrorAsync(RoomErrorCodes.SlowMode, first, retryAfterMs: 9000);
        var hearing = joined.Seat.HearAsync();
        await PassAsync(time, () => hearing.IsCompleted, TimeSpan.FromMilliseconds(500));
        Assert.True(time.GetUtcNow() - time.Start >= TimeSpan.FromMilliseconds(9000), "The stated time.");
        await joined.Seat.EchoAsync(1, first);
        await saying.WaitAsync(Eventually.Timeout);
    }

    [Theory]
    [InlineData(RoomErrorCodes.Muted)]
    [InlineData(RoomErrorCodes.ReadOnly)]
    [InlineData(RoomErrorCodes.TooLong)]
    [InlineData("something-new")]
    public async Task Finally_refused_message_fails_the_task(string code)
    {
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("no");
        await joined.Seat.ErrorAsync(code, await joined.Seat.HearAsync());
        Assert.Equal(code, (await Assert.ThrowsAsync<MessageRefusedException>(() => saying.WaitAsync(Eventually.Timeout))).Code);

        // It is not sent again; the next message is.
        joined.Seat.Break();
        var seat = await Room.SeatAsync(0, resumed: true);
        _ = joined.Client.SayAsync("yes");
        Assert.Equal("yes", (await seat.HearAsync()).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Message_of_another_member_with_the_same_id_acknowledges_nothing()
    {
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("mine");
        var said = await joined.Seat.HearAsync();
        await joined.Seat.EchoAsync(1, said, user: "mallory");
        await joined.Reader.NextAsync(1, 1);
        Assert.False(saying.IsCompleted);
        await joined.Seat.EchoAsync(2, said);
        Assert.Equal(2, (await saying.WaitAsync(Eventually.Timeout)).Seq);
    }

    [Fact]
    public async Task Cancelled_message_is_not_resent()
    {
        using var cancel = new CancellationTokenSource();
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("never mind", cancel.Token);
        await joined.Seat.HearAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => saying);
        joined.Seat.Break();
        var seat = await Room.SeatAsync(0, resumed: true);
        _ = joined.Client.SayAsync("next");
        Assert.Equal("next", (await seat.HearAsync()).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Say_waits_while_the_queue_is_full()
    {
        await using var joined = await JoinAsync(options: Options with { PendingMessages = 2 });
        var first = joined.Client.SayAsync("1");
        _ = joined.Client.SayAsync("2");
        var third = joined.Client.SayAsync("3");
        var said = await joined.Seat.HearAsync();
        Assert.Equal("2", (await joined.Seat.HearAsync()).GetProperty("text").GetString());
        var hearing = joined.Seat.HearAsync();
        Assert.False(hearing.IsCompleted);
        await joined.Seat.EchoAsync(1, said);
        await first.WaitAsync(Eventually.Timeout);
        Assert.Equal("3", (await hearing).GetProperty("text").GetString());
        Assert.False(third.IsCompleted);
    }

    [Fact]
    public async Task Messages_are_sent_no_faster_than_the_server_limit()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(
            options: Options with { Time = time },
            limits: new { maxFrameBytes = 65536, messagesPerSecond = 10, messageBurst = 4, pingSeconds = 20, silenceSeconds = 45 });
        for (var i = 0; i < 10; i++)
            _ = joined.Client.SayAsync($"{i}");
        for (var i = 0; i < 3; i++)
            await joined.Seat.HearAsync();
        var rest = Task.Run(async () =>
        {
            for (var i = 3; i < 10; i++)
                await joined.Seat.HearAsync();
        });
        await PassAsync(time, () => rest.IsCompleted, TimeSpan.FromMilliseconds(50));
        await rest;
        // Seven more at ten a second, minus the rest of the burst.
        Assert.True(time.GetUtcNow() - time.Start >= TimeSpan.FromMilliseconds(600), $"{time.GetUtcNow() - time.Start}");
    }

    [Fact]
    public async Task Message_that_would_close_the_connection_is_not_sent()
    {
        await using var joined = await JoinAsync(
            limits: new { maxFrameBytes = 1024, messagesPerSecond = 0, messageBurst = 1, pingSeconds = 20, silenceSeconds = 45 });
        var refused = await Assert.ThrowsAsync<MessageRefusedException>(
            () => joined.Client.SayAsync(new string('x', 1024)).WaitAsync(Eventually.Timeout));
        Assert.Equal(RoomErrorCodes.TooLong, refused.Code);
        _ = joined.Client.SayAsync("short");
        Assert.Equal("short", (await joined.Seat.HearAsync()).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Invalid_message_is_rejected()
    {
        await using var joined = await JoinAsync();
        foreach (var text in (string[])["", new string('x', 4001), "half \ud83d of a pair"])
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => joined.Client.SayAsync(text));
            Assert.Equal("text", error.ParamName);
        }
    }

    [Fact]
    public async Task Leave_fails_unacknowledged_messages()
    {
        await using var joined = await JoinAsync();
        var saying = joined.Client.SayAsync("too late");
        await joined.Seat.HearAsync();
        await Room.LeaveAsync(joined.Client);
        Assert.Equal(1000, (await Assert.ThrowsAsync<RoomClosedException>(() => saying)).Code);
    }

    [Fact]
    public async Task Typing_is_sent_at_most_once_a_second_and_delays_nothing()
    {
        var time = new FakeTimeProvider();
        await using var joined = await JoinAsync(options: Options with { Time = time });
        joined.Client.TellTyping();
        Assert.Equal("typing", (await joined.Seat.HearAsync()).GetProperty("type").GetString());
        joined.Client.TellTyping();
        _ = joined.Client.SayAsync("so");
        Assert.Equal("message", (await joined.Seat.HearAsync()).GetProperty("type").GetString());
        time.Advance(TimeSpan.FromSeconds(1));
        joined.Client.TellTyping();
        Assert.Equal("typing", (await joined.Seat.HearAsync()).GetProperty("type").GetString());
    }
}
