using System.Text.Json;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Messages, announcements and pings: acknowledgement, order and deduplication.</summary>
public abstract class MessagingSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Fact]
    public async Task Message_event_reaches_every_member_and_acknowledges_the_message_to_its_sender()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        var sent = await ann.SayAsync("hello", "id-1");
        var received = await bob.NextAsync("message");

        Assert.Equal(["type", "seq", "time", "user", "uid", "id", "text"], sent.Members);
        Assert.Equal((1, "ann", "id-1", "hello"), (sent.Seq, sent["user"], sent["id"], sent["text"]));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", sent["time"]);
        Assert.InRange(
            DateTimeOffset.Parse(sent["time"]!, null) - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(-1), TimeSpan.FromSeconds(1));
        Assert.Equal($"{sent}", $"{received}");
    }

    [Theory]
    [InlineData("\"quotes\", \\backslashes\\ and /solidi/")]
    [InlineData("line\nfeed\ttab\r\b\f\u0000\u001f\u007f")]
    [InlineData("é ß 漢字 😀 👩‍👩‍👧 \u2028\u2029 \ufeff")]
    [InlineData("<script>alert('&amp;')</script>")]
    [InlineData(" ")]
    [InlineData("{\"type\":\"message\"}")]
    public async Task Text_is_delivered_unchanged(string text)
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var plain = JsonSerializer.Serialize(text, ContractJson.Options);
        var escaped = JsonSerializer.Serialize(text); // escapes all characters beyond ASCII
        await ann.SendTextAsync($$"""{"type":"message","id":{{plain}},"text":{{plain}}}""");
        await ann.SendTextAsync($$"""{ "text" : {{escaped}}, "type":"m\u0065ssage", "more":[{}], "id":"2" }""");
        var received = await ann.NextAsync("message", 2);

        Assert.Equal([text, text], received.Select(e => e["text"]!));
        Assert.Equal([text, "2"], received.Select(e => e["id"]!));
        var newMember = await room.JoinAsync();
        Assert.Equal([text, text], (await newMember.NextAsync("message", 2)).Select(e => e["text"]!));
    }

    [Fact]
    public async Task Ten_members_that_send_200_messages_each_receive_one_order_without_a_gap()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var members = new List<RoomClient>();
        for (var i = 0; i < 10; i++)
            members.Add(await room.JoinAsync($"user=member-{i}"));
        await Task.WhenAll(members.Select(async member =>
        {
            for (var i = 0; i < 200; i++)
                await member.SendAsync(new { type = "message", id = $"{i}", text = $"{i} of {member.User}" });
        }));
        var orders = new List<string[]>();
        foreach (var member in members)
            orders.Add([.. (await member.NextAsync("message", 2000)).Select(e => $"{e}")]);

        Assert.All(orders, order => Assert.Equal(orders[0], order));
        var events = members[0].Log;
        Assert.Equal(Enumerable.Range(1, 2000).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.All(
            events.GroupBy(e => e["user"]),
            ofUser => Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), ofUser.Select(e => e["id"])));
    }

    [Fact]
    public async Task Announcement_is_logged_and_delivered_once()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("before");
        var announcement = new AnnouncementRecord(1, "a", "Tea is \"ready\".", null, DateTimeOffset.UtcNow);
        room.Room.Announce(announcement);
        room.Room.Announce(announcement);
        room.Room.Announce(announcement with { Number = 2, Rooms = ["elsewhere"] });
        room.Room.Announce(announcement with { Number = 3, Rooms = ["elsewhere", room.Name] });
        var announcements = await ann.NextAsync("announcement", 2);
        var after = await ann.SayAsync("after");

        Assert.Equal(["type", "seq", "time", "text"], announcements[0].Members);
        Assert.Equal([2L, 3L], announcements.Select(e => e.Seq));
        Assert.Equal("Tea is \"ready\".", announcements[0]["text"]);
        Assert.Equal(4, after.Seq);
        Assert.Equal(ann.Log.Select(e => $"{e}"), (await (await room.JoinAsync()).ReadLogAsync(4)).Select(e => $"{e}"));
    }

    [Fact]
    public async Task Announcement_in_an_empty_room_is_delivered_to_later_members()
    {
        var room = await OpenAsync();
        room.Room.Announce(new AnnouncementRecord(1, "a", "Tea is ready.", null, DateTimeOffset.UtcNow));
        await Eventually.Async(() => room.Room.Seq, seq => seq == 1);
        Assert.Equal("Tea is ready.", (await (await room.JoinAsync()).NextAsync("announcement"))["text"]);
    }

    [Fact]
    public async Task Backend_message_is_logged_once_for_repeated_calls()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        Task<(long Seq, string? Error)> PostAsync(string user, string id, string text = "from the backend")
        {
            var result = new TaskCompletionSource<(long, string?)>();
            room.Room.Say(user, $"@{user}", text, id, (seq, error) => result.SetResult((seq, error)));
            return result.Task.WaitAsync(Eventually.Timeout);
        }

        Assert.Equal((1, null), await PostAsync("robot \"1\"", "a"));
        Assert.Equal((1, null), await PostAsync("robot \"1\"", "a"));
        Assert.Equal((2, null), await PostAsync("robot 2", "a")); // ids are scoped to a user
        var concurrent = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => PostAsync("robot 2", "b"))));
        Assert.Equal([(3, null)], concurrent.Distinct());

        var messages = await ann.NextAsync("message", 3);
        Assert.Equal([("robot \"1\"", "a"), ("robot 2", "a"), ("robot 2", "b")], messages.Select(e => (e["user"]!, e["id"]!)));
        Assert.Equal("from the backend", messages[0]["text"]);
        Assert.Equal(4, (await ann.SayAsync("end", "a")).Seq);
    }

    [Theory]
    [InlineData("""{"type":"ping","id":"1\n\"😀"}""", """{"type":"pong","id":"1\n\"😀"}""")]
    [InlineData("""{"type":"ping"}""", """{"type":"pong"}""")]
    [InlineData("""{"type":"ping","id":7}""", """{"type":"pong"}""")]
    public async Task A_ping_gets_a_pong_with_its_id(string ping, string pong)
    {
        var ann = await (await OpenAsync()).JoinAsync();
        await ann.SendTextAsync(ping);
        Assert.Equal(pong, $"{await ann.NextAsync("pong")}");
    }

    [Fact]
    public async Task Repeated_message_is_logged_once_and_echoed_again_only_to_its_sender()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        var bob = await room.JoinAsync("user=bob");
        var first = await ann.SayAsync("first", "a");
        Assert.Equal($"{first}", $"{await ann.SayAsync("other words", "a")}");
        Assert.Equal(2, (await bob.SayAsync("mine", "a")).Seq); // ids are scoped to a session

        await room.DisconnectAsync(ann);
        var again = await room.JoinAsync($"session=0123456789abcdef&since={ann.Since}");
        await bob.SayAsync("meanwhile");
        Assert.Equal($"{first}", $"{await again.SayAsync("first", "a")}");
        Assert.Equal(4, (await again.SayAsync("new", "b")).Seq);
        Assert.Equal([1L, 2L, 3L, 4L], (await bob.ReadLogAsync(4)).Select(e => e.Seq));
    }

    [Fact]
    public async Task Duplicate_in_the_same_batch_gets_one_event()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        for (var i = 0; i < 10; i++)
            await ann.SendAsync(new { type = "message", id = "a", text = "once" });
        await ann.SayAsync("end");
        Assert.Equal([1L, 2L], ann.Log.Select(e => e.Seq).Distinct());
    }

    [Fact]
    public async Task Duplicate_of_a_trimmed_message_is_acknowledged()
    {
        var room = await OpenAsync(new() { History = 5 }, RoomsHost.Defaults with { RoomBufferBytes = 256 * 1024, MessagesPerSecond = 0 });
        var ann = await room.JoinAsync("user=ann");
        var first = await ann.SayAsync("first", "a");
        for (var i = 0; i < 200; i++) // more than the ring holds
            await ann.SayAsync(new string('x', 3000));

        var again = await ann.SayAsync("first", "a");
        Assert.Equal((first.Seq, "first", "ann"), (again.Seq, again["text"], again["user"]));
        Assert.Equal(202, (await ann.SayAsync("end")).Seq);
    }

    [Fact]
    public async Task Leaving_member_gets_its_own_close_code_and_no_closing_event()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync();
        await ann.CloseAsync(4321);
        Assert.Equal((4321, ""), await ann.ClosedAsync());
        Assert.DoesNotContain(ann.Events, e => e.Type == "closing");
        await Eventually.Async(() => room.Room.Connections, count => count == 0);
    }
}

public sealed class MessagingInMemory() : MessagingSpecification(null);

public sealed class MessagingWithRedis(RoomRedis redis) : MessagingSpecification(redis), IClassFixture<RoomRedis>;
