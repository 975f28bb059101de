using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Frames and requests that a room refuses, with its errors and close codes. They do not depend on the durability.</summary>
public abstract class RefusalSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Theory]
    [InlineData("", "invalid-json", null)]
    [InlineData("hello", "invalid-json", null)]
    [InlineData("[]", "invalid-json", null)]
    [InlineData("""{"type":"message","id":"a","text":"b"} x""", "invalid-json", null)]
    [InlineData("""{"type":"message","id":"a","text":"b",}""", "invalid-json", null)]
    [InlineData("""{"id":"a"}""", "unknown-type", "a")]
    [InlineData("""{"id":"a","type":null}""", "unknown-type", "a")]
    [InlineData("""{"id":"a","type":"Message","text":"b"}""", "unknown-type", "a")]
    [InlineData("""{"id":"\ud83d\ude00\n","type":"dance"}""", "unknown-type", "😀\n")]
    [InlineData("""{"type":"message","text":"b"}""", "invalid-message", null)]
    [InlineData("""{"type":"message","id":"","text":"b"}""", "invalid-message", null)]
    [InlineData("""{"type":"message","id":7,"text":"b"}""", "invalid-message", null)]
    [InlineData("""{"type":"message","id":"a"}""", "invalid-message", "a")]
    [InlineData("""{"type":"message","id":"a","text":""}""", "invalid-message", "a")]
    [InlineData("""{"type":"message","id":"a","text":["b"]}""", "invalid-message", "a")]
    [InlineData("""{"type":"message","id":"a","text":"\ud83d"}""", "invalid-message", "a")]
    public async Task Error_has_code_and_id_and_the_connection_stays_open(string frame, string code, string? id)
    {
        var ann = await (await OpenAsync()).JoinAsync();
        await ann.SendTextAsync(frame);
        var error = await ann.NextAsync("error");

        Assert.Equal((code, id), (error["code"], error["id"]));
        Assert.Equal(id is null ? ["type", "code", "message"] : ["type", "code", "message", "id"], error.Members);
        Assert.NotEmpty(error["message"]!);
        Assert.Equal(1, (await ann.SayAsync("still here")).Seq);
    }

    [Fact]
    public async Task Text_limit_is_4000_characters_of_any_encoded_size()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        foreach (var character in new[] { "a", "é", "漢", "😀", "\n", "\u0001" })
        {
            var text = string.Concat(Enumerable.Repeat(character, 4000));
            Assert.Equal(text, (await ann.SayAsync(text))["text"]);

            await ann.SendAsync(new { type = "message", id = "over", text = text + character });
            var error = await ann.NextAsync("error");
            Assert.Equal(("too-long", "over"), (error["code"], error["id"]));
        }
    }

    [Fact]
    public async Task Id_limit_is_64_characters_of_any_encoded_size()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        foreach (var character in new[] { "a", "😀", "\"" })
        {
            var id = string.Concat(Enumerable.Repeat(character, 64));
            Assert.Equal(id, (await ann.SayAsync("hi", id))["id"]);

            await ann.SendAsync(new { type = "message", id = id + character, text = "hi" });
            Assert.Equal("invalid-message", (await ann.NextAsync("error"))["code"]);
        }
    }

    [Fact]
    public async Task Twenty_errors_in_a_row_end_the_connection_with_1008()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        try
        {
            for (var i = 0; i < 40; i++)
                await ann.SendTextAsync("no");
        }
        catch (WebSocketException)
        {
            // The room may close the connection before all frames are sent.
        }

        Assert.Equal(1008, (await ann.ClosedAsync()).Code);
        Assert.Equal(20, ann.Events.Count(e => e.Type == "error"));
        Assert.Equal(("closing", false), (ann.Events[^1].Type, ann.Events[^1].Json.GetProperty("reconnect").GetBoolean()));
    }

    [Fact]
    public async Task Valid_frame_resets_the_error_count()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        object[] validFrames = [new { type = "message", id = "a", text = "hi" }, new { type = "typing" }, new { type = "ping" }];
        foreach (var frame in validFrames)
        {
            for (var i = 0; i < 19; i++)
                await ann.SendTextAsync("no");
            await ann.SendAsync(frame);
        }
        await ann.NextAsync("error", 57);
        await ann.NextAsync("pong");
    }

    [Fact]
    public async Task Message_after_the_twentieth_error_is_not_logged()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync();
        using var raw = await RawWebSocket.JoinAsync(room.Port, "/?user=raw");
        byte[] frames =
        [
            .. Enumerable.Repeat(RawWebSocket.Frame(0x81, "no"u8), 20).SelectMany(f => f),
            .. RawWebSocket.Frame(0x81, """{"type":"message","id":"a","text":"after the errors"}"""u8),
        ];
        await raw.SendBytesAsync(frames);

        Assert.Equal(1008, await raw.ReadCloseCodeAsync());
        Assert.Equal(1, (await ann.SayAsync("first")).Seq);
    }

    [Fact]
    public async Task Flood_of_frames_other_than_messages_ends_the_connection_with_1008()
    {
        var room = await OpenAsync(time: new FakeTimeProvider());
        using var raw = await RawWebSocket.JoinAsync(room.Port);
        await raw.SendBytesAsync(Enumerable.Repeat(RawWebSocket.Frame(0x81, """{"type":"ping"}"""u8), 150).SelectMany(f => f).ToArray());

        var pongs = 0;
        RawFrame frame;
        while ((frame = await raw.ReadFrameAsync()).Opcode != 8)
            pongs += frame.Text.Contains("\"pong\"", StringComparison.Ordinal) ? 1 : 0;
        Assert.Equal((1008, 100), (frame.CloseCode, pongs));
    }

    [Fact]
    public async Task Refused_frames_cost_by_their_size()
    {
        var room = await OpenAsync(time: new FakeTimeProvider());
        using var raw = await RawWebSocket.JoinAsync(room.Port);
        var refused = RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes($$"""{"type":"unknown","x":"{{new string('x', 60_000)}}"}"""));
        var accepted = RawWebSocket.Frame(0x81, """{"type":"message","id":"a","text":"hi"}"""u8);
        for (var i = 0; i < 10; i++) // the accepted message between them ends the row of errors
            await raw.SendBytesAsync((byte[])[.. refused, .. accepted]);

        Assert.Equal(1008, await raw.ReadCloseCodeAsync());
    }

    [Fact]
    public async Task Messages_beyond_the_burst_are_refused_until_the_rate_allows_more()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 2, MessageBurst = 5 }, time: time);
        var ann = await room.JoinAsync();
        var bob = await room.JoinAsync();
        for (var i = 1; i <= 8; i++)
            await ann.SendAsync(new { type = "message", id = $"{i}", text = "hi" });
        var errors = await ann.NextAsync("error", 3);
        Assert.Equal(["6", "7", "8"], errors.Select(e => e["id"]!));
        Assert.All(errors, e => Assert.Equal("rate-limited", e["code"]));
        Assert.All(errors, e => Assert.Equal(500, e.Json.GetProperty("retryAfterMs").GetInt64()));
        await bob.SayAsync("my own rate");

        time.Advance(TimeSpan.FromSeconds(1));
        await ann.SayAsync("9");
        await ann.SayAsync("10");
        await ann.SendAsync(new { type = "message", id = "11", text = "hi" });
        Assert.Equal(("rate-limited", "11"), ((await ann.NextAsync("error")) is var e ? (e["code"], e["id"]) : default));
        Assert.Equal(8, room.Room.Seq);
    }

    [Fact]
    public async Task Bytes_beyond_the_burst_are_refused_until_the_rate_allows_more()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(host: RoomsHost.Defaults with { BytesPerSecond = 10_000 }, time: time);
        var ann = await room.JoinAsync();
        // The burst is that of one frame, 65,536 bytes.
        string Padded(string id) => $$"""{"type":"message","id":"{{id}}","text":"hi","padding":"{{new string('x', 40_000)}}"}""";
        await ann.SendTextAsync(Padded("1"));
        await ann.SendTextAsync(Padded("2"));

        var error = await ann.NextAsync("error");
        Assert.Equal(("rate-limited", "2"), (error["code"], error["id"]));
        var retryAfter = TimeSpan.FromMilliseconds(error.Json.GetProperty("retryAfterMs").GetInt64());
        Assert.InRange(retryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        time.Advance(retryAfter);
        await ann.SendTextAsync(Padded("2"));
        Assert.Equal(["1", "2"], (await ann.ReadLogAsync(2)).Select(message => message["id"]!));

        for (var i = 0; i < 25; i++)
            await ann.SendTextAsync("""{"type":"message","id":"more","text":"hi","x":""" + $"\"{new string('x', 9_000)}\"}}");
        Assert.Equal(1008, (await ann.ClosedAsync()).Code);
    }

    [Fact]
    public async Task Messages_of_a_room_beyond_its_rate_are_refused_until_the_rate_allows_more()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(host: RoomsHost.Defaults with { RoomMessagesPerSecond = 2 }, time: time);
        var (ann, bob) = (await room.JoinAsync(), await room.JoinAsync());
        for (var i = 0; i < 4; i++)
            await (i % 2 == 0 ? ann : bob).SayAsync($"{i}", $"{i}");

        await bob.SendAsync(new { type = "message", id = "over", text = "over" });
        var error = await bob.NextAsync("error");
        Assert.Equal(("rate-limited", "over"), (error["code"], error["id"]));
        Assert.Equal(500, error.Json.GetProperty("retryAfterMs").GetInt64());
        Assert.Equal(1, (await ann.SayAsync("0", "0")).Seq); // logged before: answered by its event
        room.Room.Say("robot", "@robot", "text", "1", (_, refused) => Assert.Null(refused));
        var carl = await room.JoinAsync();
        Assert.Equal(6, (await carl.SayAsync("silent so far")).Seq);
        time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(7, (await bob.SayAsync("over", "over")).Seq);
    }

    [Fact]
    public async Task Rate_of_0_disables_the_limit()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 }, time: new FakeTimeProvider());
        var ann = await room.JoinAsync();
        for (var i = 0; i < 500; i++)
        {
            await ann.SendAsync(new { type = "message", id = $"{i}", text = "hi" });
            await ann.SendAsync(new { type = "ping" });
        }
        Assert.Equal(500, (await ann.NextAsync("message", 500))[^1].Seq);
        Assert.DoesNotContain(ann.Events, e => e.Type == "error");
    }

    [Fact]
    public async Task A_binary_frame_ends_the_connection_with_1003()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        await ann.SendBinaryAsync("{}"u8.ToArray());
        Assert.Equal(1003, (await ann.ClosedAsync()).Code);
        Assert.Equal("closing", ann.Events[^1].Type);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_end_the_connection_with_1007()
    {
        using var raw = await RawWebSocket.JoinAsync((await OpenAsync()).Port);
        await raw.SendFrameAsync(0x81, [(byte)'"', 0xC3, 0x28, (byte)'"']);
        Assert.Equal(1007, await raw.ReadCloseCodeAsync());
    }

    [Fact]
    public async Task A_frame_of_64_KiB_is_read_and_a_larger_one_ends_the_connection_with_1009()
    {
        var ann = await (await OpenAsync()).JoinAsync();
        string Frame(int bytes) =>
            """{"type":"ping","id":"a","x":""}""".Replace("\"\"", $"\"{new string('x', bytes - 31)}\"", StringComparison.Ordinal);
        Assert.Equal(65536, Encoding.UTF8.GetByteCount(Frame(65536)));

        await ann.SendTextAsync(Frame(65536));
        Assert.Equal("a", (await ann.NextAsync("pong"))["id"]);
        await ann.SendTextAsync(Frame(65537));
        Assert.Equal(1009, (await ann.ClosedAsync()).Code);
        Assert.Equal("closing", ann.Events[^1].Type);
    }
}

public sealed class RefusalsInMemory() : RefusalSpecification(null)
{
    [Fact]
    public async Task Request_for_another_room_is_answered_with_421()
    {
        var room = await OpenAsync();
        using var wrong = await RoomClient.HandshakeAsync(room.Port, "", (RoomUrls.RoomHeader, "another"));
        await wrong.IsProblemAsync(HttpStatusCode.MisdirectedRequest, "room-not-found");

        using var valid = await RoomClient.HandshakeAsync(room.Port, "", (RoomUrls.RoomHeader, room.Name));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, valid.StatusCode);
    }
}
