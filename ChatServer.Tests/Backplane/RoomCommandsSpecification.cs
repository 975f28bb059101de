using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>Commands to the host of a room, and its replies.</summary>
public abstract class RoomCommandsSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Command_of_an_unknown_kind_reaches_the_host_with_the_address_for_its_reply()
    {
        var host = await HostAsync("a");
        var asked = new List<Command>();
        host.Answer = command =>
        {
            asked.Add(command);
            return null;
        };

        await Raw.PublishAsync(
            RedisChannel.Literal(RedisNames.HostChannel("a")),
            """c {"kind":"applaud","room":"lobby","id":"1","replyTo":"api","version":9,"loudness":3}""");

        var command = Assert.IsType<UnknownCommand>(Assert.Single(await Eventually.Async(() => asked.ToList(), all => all.Count > 0)));
        Assert.Equal(("lobby", "1", "api", 9), (command.Room, command.Id, command.ReplyTo, command.Version));
    }

    [Fact]
    public async Task The_host_of_a_room_answers_each_kind_of_command()
    {
        var host = await HostAsync("a");
        var asked = new List<Command>();
        host.Answer = command =>
        {
            asked.Add(command);
            return command switch
            {
                SayCommand => new SaidReply(command.Id, 7, "e"),
                MembersCommand => new MembersReply(command.Id, 2, ["Ann", "Bob"], [new("Ann", "~ann"), new("Bob", "~bob")]),
                HistoryCommand => new HistoryReply(command.Id, "e", 3, [JsonElement.Parse("""{"seq":3,"text":"ü"}""")]),
                _ => new RefusedReply(command.Id, RoomErrorCodes.Unavailable, "?"),
            };
        };
        var api = Process();
        await CreateAsync(api, "lobby");

        var said = Assert.IsType<SaidReply>(
            await api.Commands.AskAsync(new SayCommand("lobby", "server", "hi \"🎉\"", "id1"), Cancelled));
        var members = Assert.IsType<MembersReply>(await api.Commands.AskAsync(new MembersCommand("lobby"), Cancelled));
        var history = Assert.IsType<HistoryReply>(await api.Commands.AskAsync(new HistoryCommand("lobby", null, 5), Cancelled));

        Assert.Equal((7, "e"), (said.Seq, said.Epoch));
        Assert.Equal(2, members.Count);
        Assert.Equal(["Ann", "Bob"], members.Names);
        Assert.Equal("""{"seq":3,"text":"ü"}""", Assert.Single(history.Events).GetRawText());
        Assert.Equal(
            [
                new SayCommand("lobby", "server", "hi \"🎉\"", "id1") { Id = asked[0].Id, ReplyTo = api.Connection.Instance },
                new MembersCommand("lobby") { Id = asked[1].Id, ReplyTo = api.Connection.Instance },
                new HistoryCommand("lobby", null, 5) { Id = asked[2].Id, ReplyTo = api.Connection.Instance },
            ],
            asked);
    }

    [Fact]
    public async Task Concurrent_commands_get_their_own_replies()
    {
        var host = await HostAsync("a");
        host.Answer = c => new SaidReply(c.Id, ((SayCommand)c).Text.Length, "e");
        var api = Process();
        await CreateAsync(api, "lobby");

        var replies = await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            api.Commands.AskAsync(new SayCommand("lobby", "u", new string('x', i), $"{i}"), Cancelled)));

        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), replies.Select(r => Assert.IsType<SaidReply>(r).Seq));
    }

    [Fact]
    public async Task Ask_returns_null_without_room_host_or_reply()
    {
        var host = await HostAsync("a");
        var api = Process();
        await CreateAsync(api, "lobby");

        Assert.Null(await api.Commands.AskAsync(new MembersCommand("nowhere"), Cancelled));
        Assert.Null(await api.Commands.AskAsync(new MembersCommand("lobby"), Cancelled).WaitAsync(RoomCommands.ReplyTimeout * 2,
            Cancelled));
        await host.DieAsync();
        Assert.Null(await api.Commands.AskAsync(new MembersCommand("lobby"), Cancelled).WaitAsync(TimeSpan.FromSeconds(1), Cancelled));
    }

    [Fact]
    public async Task Malformed_channel_payloads_are_ignored()
    {
        var host = await HostAsync("a");
        host.Answer = c => new SaidReply(c.Id, 1, "e");
        var api = Process();
        await CreateAsync(api, "lobby");
        var warm = await api.Commands.AskAsync(new SayCommand("lobby", "u", "x", "1"), Cancelled);
        string[] malformed =
        [
            "", "r", "c", "c ", "c {", "c null", "c 7", "c {}", "c []", """c {"kind":"dance","room":"lobby"}""", """c {"kind":"say"}""",
            """c {"kind":"say","room":null,"user":"u","text":"t","messageId":"1"}""", "x \u0000\uFFFF", "r nowhere",
        ];

        foreach (var payload in malformed)
        {
            await Raw.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel("a")), payload);
            await Raw.PublishAsync(RedisChannel.Literal(RedisNames.ReplyChannel(api.Connection.Instance)), payload.TrimStart('c'));
        }

        Assert.IsType<SaidReply>(warm);
        Assert.IsType<SaidReply>(await api.Commands.AskAsync(new SayCommand("lobby", "u", "x", "2"), Cancelled));
        Assert.NotNull(await CreateAsync(api, "another"));
    }

    [Fact]
    public async Task A_command_is_readable_whatever_the_order_of_its_members()
    {
        var received = new TaskCompletionSource<Command>();
        var host = await HostAsync("a");
        host.Answer = c =>
        {
            received.TrySetResult(c);
            return null;
        };

        await Raw.PublishAsync(
            RedisChannel.Literal(RedisNames.HostChannel("a")), """c {"room":"lobby","id":"1","replyTo":"2","kind":"members"}""");

        Assert.Equal(new MembersCommand("lobby") { Id = "1", ReplyTo = "2" }, await received.Task.WaitAsync(Eventually.Timeout, Cancelled));
    }
}

public sealed class RoomCommandsOnEmbeddedRedis(EmbeddedRedis redis) : RoomCommandsSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomCommandsOnInstalledRedis(InstalledRedis redis) : RoomCommandsSpecification(redis), IClassFixture<InstalledRedis>;
