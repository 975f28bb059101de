using ChatServer.Client;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>A slow or absent reader costs a bounded amount of memory and loses no event that the room keeps.</summary>
public sealed class ClientSlowReaderTests : ScriptedTests
{
    [Fact]
    public async Task Slow_reader_applies_back_pressure()
    {
        await using var joined = await JoinAsync(options: Options with { BufferedEvents = 8 });
        // More than the buffers between room and reader contain, so the room cannot send until the reader reads.
        var text = new string('x', 4000);
        var sent = 0L;
        var sending = Task.Run(async () =>
        {
            for (var seq = 1; seq <= 10_000; seq++, sent++)
                await joined.Seat.MessageAsync(seq, text);
        });
        await StuckAsync(() => Volatile.Read(ref sent));
        Assert.False(sending.IsCompleted);

        await joined.Reader.NextAsync(1, 10_000);
        await sending.WaitAsync(Eventually.Timeout);
        Assert.Equal(1, Room.Knocks);
    }

    [Fact]
    public async Task Reader_waiting_for_an_acknowledgement_gets_the_rest_by_resume()
    {
        await using var joined = await JoinAsync(options: Options with { BufferedEvents = 8 });
        await joined.Seat.MessagesAsync(1, 30);
        await joined.Reader.NextAsync(1, 2);

        var saying = joined.Client.SayAsync("answer");
        await joined.Seat.EchoAsync(31, await joined.Seat.HearAsync());
        Assert.Equal(31, (await saying.WaitAsync(Eventually.Timeout)).Seq);

        // Two events were read and eight are buffered. After half of those are read, the rest is requested.
        await joined.Reader.NextAsync(3, 6);
        var seat = await Room.SeatAsync();
        Assert.Equal("e1.10", seat["since"]);
        await seat.WelcomeAsync(31, resumed: true);
        await joined.Reader.NextAsync(7, 10);
        await seat.MessagesAsync(11, 30);
        await joined.Reader.NextAsync<Welcomed>();
        await joined.Reader.NextAsync(11, 30);
    }

    [Fact]
    public async Task Sender_that_never_reads_is_not_blocked()
    {
        var joining = ChatRoom.JoinAsync(Options with { BufferedEvents = 8 });
        var seat = await Room.SeatAsync(0);
        var client = await joining;
        for (var n = 1; n <= 30; n++)
        {
            var saying = client.SayAsync($"{n}");
            await seat.EchoAsync(n, await seat.HearAsync());
            Assert.Equal(n, (await saying.WaitAsync(Eventually.Timeout)).Seq);
        }
        Assert.Equal(1, Room.Knocks);

        // A late reader gets all events.
        await using var reading = new Reading(client);
        await reading.NextAsync<Welcomed>();
        await reading.NextAsync(1, 7);
        seat = await Room.SeatAsync(30, resumed: true);
        Assert.Equal("e1.7", seat["since"]);
        await seat.MessagesAsync(8, 30);
        await reading.NextAsync<Welcomed>();
        await reading.NextAsync(8, 30);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Changed_history_is_reported_to_a_late_reader()
    {
        var joining = ChatRoom.JoinAsync(Options with { BufferedEvents = 4 });
        var seat = await Room.SeatAsync(0);
        var client = await joining;
        await seat.MessagesAsync(1, 9);
        await seat.CloseAsync(1001, reconnect: true);
        // Without a reader, the buffer is full of events of the old history, and none of the new one fits.
        seat = await Room.SeatAsync(5, epoch: "e2");
        await seat.MessagesAsync(1, 5);
        var saying = client.SayAsync("in the new one");
        await seat.EchoAsync(6, await seat.HearAsync());
        Assert.Equal("e2", (await saying.WaitAsync(Eventually.Timeout)).Epoch);

        await using var reading = new Reading(client);
        await reading.NextAsync<Welcomed>();
        await reading.NextAsync(1, 3);
        seat = await Room.SeatAsync();
        Assert.Equal("e1.3", seat["since"]);
        await seat.WelcomeAsync(6, epoch: "e2");
        await seat.MessagesAsync(1, 6);
        await reading.NextAsync<Welcomed>();
        Assert.Equal(new HistoryChanged("e1", 3, "e2"), await reading.NextAsync<HistoryChanged>());
        await reading.NextAsync(1, 6);
        await Room.LeaveAsync(client);
    }

    [Fact]
    public async Task Unread_events_of_a_closed_room_are_reported_as_missed()
    {
        var joining = ChatRoom.JoinAsync(Options with { BufferedEvents = 4 });
        var seat = await Room.SeatAsync(0);
        await using var client = await joining;
        await seat.MessagesAsync(1, 9);
        await seat.CloseAsync(4004, reconnect: false);
        await Assert.ThrowsAsync<RoomClosedException>(() => client.SayAsync("anyone?").WaitAsync(Eventually.Timeout));

        await using var reading = new Reading(client);
        await reading.NextAsync<Welcomed>();
        await reading.NextAsync(1, 3);
        Assert.Equal(new EventsMissed("e1", 4, null), await reading.NextAsync<EventsMissed>());
        await reading.NextAsync<Closed>();
        await reading.EndAsync();
    }

    [Fact]
    public async Task Second_reader_continues_where_the_first_stopped()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.MessagesAsync(1, 4);
        await joined.Reader.NextAsync(1, 2);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await joined.Client.Events.GetAsyncEnumerator().MoveNextAsync());
        await joined.Reader.DisposeAsync();
        await using var other = new Reading(joined.Client);
        await other.NextAsync(3, 4);
    }

    // The value stays the same over many checks.
    private static async Task StuckAsync(Func<long> progress)
    {
        var (last, same) = (-1L, 0);
        await Eventually.Async(() =>
        {
            var now = progress();
            same = now == last && now > 0 ? same + 1 : 0;
            last = now;
            return same >= 50;
        });
    }
}
