using System.Text;
using System.Text.Json;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Relays;

/// <summary>The host's end of a relay: the order of its messages, and who keeps a seat.</summary>
public sealed class RelayTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    private const string Ann = "user=ann&session=ann-0123456789abcdef", Ben = "user=ben&session=ben-0123456789abcdef";

    [Theory]
    [InlineData("")]
    [InlineData("guess")]
    public async Task Handshake_with_a_wrong_secret_is_refused_with_401(string secret)
    {
        var room = await OpenAsync();
        var (socket, head) = await RelayClient.HandshakeAsync(room.Port, secret);
        using (socket)
            Assert.StartsWith("HTTP/1.1 401 ", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_join_gets_the_answer_of_the_room_port()
    {
        var room = await OpenAsync();
        var (relay, _) = await AttachAsync(room);
        using (relay)
        {
            await relay.JoinAsync(1, "user=%00");
            var message = await relay.NextAsync(RelayMessage.Refused);
            Assert.Equal(1u, message.Number());
            var refused = message.RestAsJson<RelayRefused>();
            Assert.Equal(400, refused.Status);
            Assert.Contains("invalid-query", refused.Body, StringComparison.Ordinal);
            using var direct = await RoomClient.HandshakeAsync(room.Port, "user=%00");
            Assert.Equal(await direct.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), refused.Body);
        }
    }

    [Fact]
    public async Task Relay_is_no_member_and_its_silence_ends_it()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(time: time);
        var (relay, _) = await AttachAsync(room);
        using (relay)
        {
            Assert.Equal(0, room.Room.Connections);
            Assert.NotNull(room.Room.EmptyFor);

            await Eventually.Async(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return room.Room.Broadcaster.Count == 0;
            });
        }
    }

    // Rules 1 and 2: between the missed events and the broadcasts there is neither a gap nor a repetition.
    [Fact]
    public async Task Member_that_joins_during_messages_gets_each_event_once_before_or_after_it_follows()
    {
        const int Messages = 400;
        var room = await OpenAsync(new RoomOptions { History = 1000 }, RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var (relay, _) = await AttachAsync(room);
        using (relay)
        {
            var speaker = await room.JoinAsync("user=speaker");
            var sending = Task.Run(async () =>
            {
                for (var i = 0; i < Messages; i++)
                    await speaker.SayAsync($"{i}");
            });
            await speaker.ReadLogAsync(Messages / 4);
            await relay.JoinAsync(1, Ann + "&history=1000");

            List<long> seqs = [];
            var follows = false;
            while (seqs.Count == 0 || seqs[^1] < Messages)
            {
                var frame = await relay.NextAsync();
                if (frame.Opcode == 1 && follows)
                    seqs.AddRange(RelayClient.Seqs(frame.Payload));
                else if (frame.Opcode == 2 && frame.Payload[0] == (byte)RelayMessage.Unicast)
                {
                    var message = new RelayClient.Message(frame.Payload);
                    Assert.Equal(1u, message.Number());
                    message.Seq();
                    var expectsNextPage = message.Flag();
                    seqs.AddRange(RelayClient.FramesIn(message.Rest).SelectMany(RelayClient.Seqs));
                    if (expectsNextPage)
                        await relay.SendAsync(writer => writer.NextPage(1));
                }
                else if (frame.Opcode == 2 && frame.Payload[0] == (byte)RelayMessage.Follow)
                    follows = true;
            }
            await sending;
            Assert.True(follows);
            Assert.Equal(Enumerable.Range(1, Messages).Select(seq => (long)seq), seqs);
        }
    }

    // Rule 2: a full socket changes nothing about the order.
    [Fact]
    public async Task Order_holds_for_a_relay_that_is_read_late()
    {
        const int Before = 2000, After = 200; // 8 MB: more than the sockets hold
        var options = RoomsHost.Defaults with { MessagesPerSecond = 0, RoomBufferBytes = 16 * 1024 * 1024 };
        var room = await OpenAsync(new RoomOptions { History = 5000 }, options);
        var (relay, _) = await RelayClient.AttachAsync(
            room.Port, await SecretAsync(), new RelayAttach("lb-1", Epoch: null, Seq: 0, [], IsLast: true), receiveBuffer: 4096);
        using (relay)
        {
            var speaker = await room.JoinAsync("user=speaker");
            var text = new string('x', 4000);
            await relay.JoinedAsync(1, Ann + "&history=0");
            await SayAsync(Before);
            await relay.JoinAsync(2, Ben + "&history=5000");
            await relay.SendAsync(writer => writer.Text(1, 1, isResent: false, "{bad"u8));
            await SayAsync(After);

            List<long> ann = [], ben = [];
            var (annFollows, benFollows) = (false, false);
            while (ann.LastOrDefault() < Before + After || ben.LastOrDefault() < Before + After)
            {
                var frame = await relay.NextAsync();
                if (frame.Opcode == 1)
                {
                    var seqs = RelayClient.Seqs(frame.Payload).ToList();
                    ann.AddRange(annFollows ? seqs : []);
                    ben.AddRange(benFollows ? seqs : []);
                    continue;
                }
                var message = new RelayClient.Message(frame.Payload);
                switch ((RelayMessage)frame.Payload[0])
                {
                    case RelayMessage.Unicast:
                        var member = message.Number();
                        message.Seq();
                        var expectsNextPage = message.Flag();
                        (member == 1 ? ann : ben).AddRange(RelayClient.FramesIn(message.Rest).SelectMany(RelayClient.Seqs));
                        if (expectsNextPage)
                            await relay.SendAsync(writer => writer.NextPage(member));
                        break;
                    case RelayMessage.Follow:
                        var follower = message.Number();
                        (annFollows, benFollows) = (annFollows || follower == 1, benFollows || follower == 2);
                        break;
                }
            }
            var all = Enumerable.Range(1, Before + After).Select(seq => (long)seq).ToList();
            Assert.Equal(all, ann);
            Assert.Equal(all, ben);

            async Task SayAsync(int count)
            {
                for (var i = 0; i < count; i++)
                    await speaker.SayAsync(text);
            }
        }
    }

    // Rule 2: an acknowledgement follows the answer.
    [Fact]
    public async Task Acknowledgement_follows_the_event_or_the_error_of_its_frame()
    {
        var room = await OpenAsync();
        var (relay, _) = await AttachAsync(room);
        using (relay)
        {
            await relay.JoinedAsync(1, Ann);
            await relay.NextAsync(RelayMessage.Follow);
            await relay.SayAsync(1, frame: 1, "m1");
            var (events, unicasts) = await relay.UntilAckAsync(member: 1, frame: 1);
            Assert.Single(events, text => text.Contains("\"id\":\"m1\"", StringComparison.Ordinal));
            Assert.Empty(unicasts);

            await relay.SendAsync(writer => writer.Text(1, 2, isResent: false, "{bad"u8));
            (events, unicasts) = await relay.UntilAckAsync(member: 1, frame: 2);
            Assert.Single(unicasts, text => text.Contains("invalid-json", StringComparison.Ordinal));
        }
    }

    // Rule 3: the replay delivers the event of a frame that is sent again, and its sender gets it once.
    [Fact]
    public async Task Duplicate_that_is_sent_again_after_an_attach_gets_only_an_acknowledgement()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 1, MessageBurst = 1 });
        var (first, attached) = await AttachAsync(room);
        RelayAccepted accepted;
        using (first)
        {
            accepted = await first.JoinedAsync(1, Ann);
            await first.SayAsync(1, frame: 1, "m1");
            await first.UntilAckAsync(member: 1, frame: 1);
        }

        var position = new RelayAttach(
            "lb-1", attached.Epoch, Seq: 0, [new RelayMember(1, accepted.State, accepted.JoinNumber, After: null)], IsLast: true);
        var (second, again) = await RelayClient.AttachAsync(room.Port, await SecretAsync(), position);
        using (second)
        {
            Assert.True(again.Resumed);
            await second.SayAsync(1, frame: 1, "m1", isResent: true);
            await second.SayAsync(1, frame: 2, "m2", isResent: true);
            var (events, unicasts) = await second.UntilAckAsync(member: 1, frame: 2);

            Assert.Empty(unicasts);
            Assert.Equal([1, 2], events.SelectMany(text => RelayClient.Seqs(Encoding.UTF8.GetBytes(text))));
        }
    }

    // Rule 4
    [Fact]
    public async Task Of_two_connections_of_a_session_the_later_join_keeps_the_seat_in_any_order_of_attaches()
    {
        var room = await OpenAsync();
        var (one, attached) = await AttachAsync(room, "lb-1");
        var older = await one.JoinedAsync(1, Ann);
        one.Dispose();
        var (two, _) = await AttachAsync(room, "lb-2");
        var newer = await two.JoinedAsync(1, Ann);
        two.Dispose();
        Assert.True(newer.JoinNumber > older.JoinNumber);
        await Eventually.Async(() => room.Room.Broadcaster.Count, count => count == 0);
        await room.MoveAsync();

        var (twoAgain, _) = await RelayClient.AttachAsync(room.Port, await SecretAsync(), Attach("lb-2", attached, newer));
        var (oneAgain, _) = await RelayClient.AttachAsync(room.Port, await SecretAsync(), Attach("lb-1", attached, older));
        using (twoAgain)
        using (oneAgain)
        {
            var close = await oneAgain.NextAsync(RelayMessage.Close);
            Assert.Equal((1u, CloseCodes.Replaced), (close.Number(), close.Code()));
            await twoAgain.SayAsync(1, 1, "m1");
            await twoAgain.NextAsync(RelayMessage.Acks);
            Assert.Equal(["ann"], (await room.Room.Queries.MembersAsync()).Names);
        }
    }

    // Rule 4
    [Fact]
    public async Task Newer_relay_of_a_load_balancer_replaces_the_older_one_without_closing_members()
    {
        var room = await OpenAsync();
        var watcher = await room.JoinAsync("user=watcher");
        var (older, attached) = await AttachAsync(room);
        using (older)
        {
            var ann = await older.JoinedAsync(1, Ann);
            await watcher.NextAsync(e => e.Type == "presence" && e.List("joined").Contains("ann"), "the join of ann");

            var (newer, _) = await RelayClient.AttachAsync(room.Port, await SecretAsync(), Attach("lb-1", attached, ann));
            using (newer)
            {
                await newer.SayAsync(1, 1, "m1");
                await newer.NextAsync(RelayMessage.Acks);
                Assert.Equal(2, room.Room.Connections);
                await watcher.CatchUpAsync();
                Assert.DoesNotContain(watcher.Events, e => e.Type == "presence" && e.List("left").Length > 0);
            }
        }
    }

    // Rule 5
    [Fact]
    public async Task Member_that_did_not_follow_yet_gets_the_events_after_its_own_position()
    {
        var room = await OpenAsync();
        var speaker = await room.JoinAsync("user=speaker");
        for (var i = 1; i <= 5; i++)
            await speaker.SayAsync($"{i}");
        var (one, attached) = await AttachAsync(room);
        var ann = await one.JoinedAsync(1, Ann);
        one.Dispose();

        var attach = new RelayAttach(
            "lb-1", attached.Epoch, Seq: 5, [new RelayMember(1, ann.State, ann.JoinNumber, After: 2)], IsLast: true);
        var (again, _) = await RelayClient.AttachAsync(room.Port, await SecretAsync(), attach);
        using (again)
        {
            var missed = await again.NextAsync(RelayMessage.Unicast);
            Assert.Equal((1u, 5L), (missed.Number(), missed.Seq()));
            missed.Flag();
            Assert.Equal([3, 4, 5], RelayClient.FramesIn(missed.Rest).SelectMany(RelayClient.Seqs));
            Assert.Equal(1u, (await again.NextAsync(RelayMessage.Follow)).Number());
        }
    }

    [Theory]
    [InlineData("another-epoch", 1)]
    [InlineData(null, 99)]
    public async Task Position_outside_the_log_is_not_resumed(string? epoch, long seq)
    {
        var room = await OpenAsync();
        var (relay, attached) = await RelayClient.AttachAsync(
            room.Port, await SecretAsync(), new RelayAttach("lb-1", epoch ?? room.Epoch, seq, [], IsLast: true));
        using (relay)
        {
            Assert.False(attached.Resumed);
            Assert.Equal(room.Epoch, attached.Epoch);
        }
    }

    [Theory]
    [InlineData(new byte[] { 99 })]
    [InlineData(new byte[] { 2, 1 })]
    [InlineData(new byte[] { 2, 1, 0, 0, 0, (byte)'{' })]
    [InlineData(new byte[0])]
    public async Task Malformed_message_closes_the_relay_with_1002(byte[] payload)
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var (relay, _) = await AttachAsync(room);
        using (relay)
        {
            await relay.SendBytesAsync(RawWebSocket.Frame(0x82, payload));
            Assert.Equal(1002, await relay.CloseCodeAsync());
        }
        await ann.SayAsync("unaffected");
    }

    private async Task<(RelayClient Relay, RelayAttached Room)> AttachAsync(OpenRoom room, string loadBalancer = "lb-1") =>
        await RelayClient.AttachAsync(room.Port, await SecretAsync(), loadBalancer);

    private Task<string> SecretAsync() => Redis!.RelaySecret.GetAsync();

    private static RelayAttach Attach(string loadBalancer, RelayAttached room, RelayAccepted member) => new(
        loadBalancer, room.Epoch, Seq: 0, [new RelayMember(1, member.State, member.JoinNumber, After: null)], IsLast: true);
}
