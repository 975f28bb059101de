using System.Text;
using System.Text.Json;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class ClientFrameTests
{
    [Theory]
    [InlineData("""{"type":"message","id":"a","text":"b"}""", "a", "b")]
    [InlineData("""  {"text" : "b" , "id":"a","type":"message"}  """, "a", "b")]
    [InlineData("""{"t\u0079pe":"mess\u0061ge","\u0069d":"\u0061","text":"\u0062"}""", "a", "b")]
    [InlineData("""{"type":"message","id":"a","text":"b","x":null,"y":[1,{"type":"ping"}],"z":{"id":"c"},"":0}""", "a", "b")]
    [InlineData("""{"type":"ping","type":"message","id":"x","id":"a","text":1,"text":"b"}""", "a", "b")] // the last duplicate is used
    [InlineData("""{"type":"message","id":"\ud83d\ude00","text":"\u00e9\u2028"}""", "😀", "é\u2028")]
    [InlineData("""{"type":"message","id":"\/","text":"\"\\\n\u0000\u001F"}""", "/", """\"\\\n\u0000\u001f""")]
    public void Message_is_normalized_to_its_shortest_JSON(string json, string id, string text)
    {
        var frame = Parse(json);
        Assert.Equal((ClientFrameKind.Message, id, text), (frame.Kind, frame.Id, frame.Text));
    }

    [Theory]
    [InlineData("""{"type":"message","id":"a","text":"b","traceparent":"00-a-b-01"}""", "00-a-b-01")]
    [InlineData("""{"traceparent":"00-\u0061-b-01","type":"message","id":"a","text":"b"}""", "00-a-b-01")]
    [InlineData("""{"type":"message","id":"a","text":"b"}""", "")]
    [InlineData("""{"type":"message","id":"a","text":"b","traceparent":["x"]}""", "")]
    [InlineData("""{"type":"message","id":"a","text":"b","traceparent":"\ud800"}""", "")]
    public void Traceparent_is_passed_on_unchecked_and_never_makes_a_message_invalid(string json, string traceparent)
    {
        var frame = ClientFrame.Parse(Encoding.UTF8.GetBytes(json), new byte[ClientFrame.ScratchBytes(json.Length)], 4000);
        Assert.Equal((ClientFrameKind.Message, traceparent), (frame.Kind, Encoding.UTF8.GetString(frame.Traceparent)));
    }

    [Theory]
    [InlineData("""{"type":"typing"}""", ClientFrameKind.Typing, "")]
    [InlineData("""{"type":"typing","id":"a","text":7}""", ClientFrameKind.Typing, "")]
    [InlineData("""{"type":"ping"}""", ClientFrameKind.Ping, "")]
    [InlineData("""{"type":"ping","id":"\u0061"}""", ClientFrameKind.Ping, "a")]
    [InlineData("""{"type":"ping","id":["a"]}""", ClientFrameKind.Ping, "")]
    public void Typing_and_ping_have_no_required_members(string json, object kind, string id)
    {
        var frame = Parse(json);
        Assert.Equal((kind, id), (frame.Kind, frame.Id));
    }

    [Fact]
    public void Id_of_a_ping_has_at_most_64_characters()
    {
        var id = new string('i', 64);
        Assert.Equal((ClientFrameKind.Ping, id), Parse($$"""{"type":"ping","id":"{{id}}"}""") is var ping ? (ping.Kind, ping.Id) : default);
        Assert.Equal("invalid-message", Parse($$"""{"type":"ping","id":"{{id}}i"}""").Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("\"message\"")]
    [InlineData("[{}]")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("{\"type\":\"ping\"")]
    [InlineData("{'type':'ping'}")]
    [InlineData("{\"type\":\"ping\",}")]
    [InlineData("{/* */\"type\":\"ping\"}")]
    [InlineData("{\"type\":\"pi\nng\"}")]
    [InlineData("{\"type\":\"ping\",\"x\":01}")]
    [InlineData("{\"type\":\"ping\",\"x\":\"\\x\"}")]
    [InlineData("\ufeff{\"type\":\"ping\"}")]
    public void Input_other_than_one_JSON_object_is_invalid_json(string json) => Assert.Equal("invalid-json", Parse(json).Error);

    [Fact]
    public void Deep_nesting_is_refused_without_stack_overflow()
    {
        string Nested(int depth) => $$"""{"type":"ping","x":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        Assert.Equal(ClientFrameKind.Ping, Parse(Nested(60)).Kind);
        Assert.Equal("invalid-json", Parse(Nested(70)).Error);
        Assert.Equal("invalid-json", Parse(Nested(30_000)).Error);
    }

    [Theory]
    [InlineData("""{"type":"message","id":"a","text":"\ud800"}""", "invalid-message", "a")]
    [InlineData("""{"type":"message","id":"a","text":"\ude00\ud83d"}""", "invalid-message", "a")]
    [InlineData("""{"type":"message","id":"\ud800","text":"b"}""", "invalid-message", "")]
    [InlineData("""{"type":"\ud800","id":"a"}""", "unknown-type", "a")]
    public void Unpaired_surrogate_is_invalid(string json, string error, string id)
    {
        var frame = Parse(json);
        Assert.Equal((error, id), (frame.Error, frame.Id));
    }

    [Fact]
    public void Member_name_with_an_unpaired_surrogate_is_invalid_json() =>
        Assert.Equal("invalid-json", Parse("""{"\ud800":1,"type":"ping"}""").Error);

    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("😀")]
    [InlineData("\"")]
    [InlineData("\u0001")]
    [InlineData("a\u0001\\é😀\n")]
    public void Limits_count_characters_escaped_or_not(string characters)
    {
        var length = characters.EnumerateRunes().Count();
        foreach (var escape in new Func<string, string>[] { text => JsonSerializer.Serialize(text), Hexadecimal })
        {
            string Message(string id, string text) => $$"""{"type":"message","id":{{escape(id)}},"text":{{escape(text)}}}""";
            var ten = string.Concat(Enumerable.Repeat(characters, 10));
            Assert.Equal(ClientFrameKind.Message, Parse(Message("a", ten), 10 * length).Kind);
            Assert.Equal("too-long", Parse(Message("a", ten), 10 * length - 1).Error);

            var id = string.Concat(Enumerable.Repeat(characters, 64 / length));
            Assert.Equal(ClientFrameKind.Message, Parse(Message(id, "b")).Kind);
            Assert.Equal("invalid-message", Parse(Message(id + ten, "b")).Error);
        }

        static string Hexadecimal(string text) => $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"";
    }

    [Fact]
    public void Scratch_buffer_is_large_enough_for_any_escapes()
    {
        foreach (var unit in new[] { """\u001f""", """\n""", """\ud83d\ude00""", """\u00e9""", """\/""", """\u0041é""" })
        {
            var text = string.Concat(Enumerable.Repeat(unit, 500));
            var frame = Parse($$"""{"type":"\u0070ing","id":"{{text}}","id":"\u0061","text":"{{text}}","text":"{{text}}"}""");
            Assert.Equal((ClientFrameKind.Ping, "a"), (frame.Kind, frame.Id));
        }
    }

    [Fact]
    public void Fast_path_and_full_parser_agree()
    {
        string[] messages =
        [
            """{"type":"message","id":"a1","text":"Hé, lobby."}""",
            """{"type":"message","id":"a1","text":"b","text":"c","id":"d"}""",
        ];
        foreach (var common in messages)
        {
            Assert.Equal(ClientFrameKind.Message, Parse(common).Kind);
            for (var at = 0; at <= common.Length; at++)
            {
                AssertSame(common[..at]);
                foreach (var other in "\"\\\0\n\u001f\u007f {}[]:,0axé")
                {
                    AssertSame(common.Insert(at, $"{other}"));
                    if (at < common.Length)
                        AssertSame($"{common[..at]}{other}{common[(at + 1)..]}");
                }
            }
        }

        // The fast path does not accept a leading space, so the full parser reads the copy with one.
        static void AssertSame(string json) => Assert.Equal((json, Parse($" {json}")), (json, Parse(json)));
    }

    // Copies the spans of the frame, because a method cannot return spans of its own buffer.
    private static (ClientFrameKind Kind, string? Error, string Id, string Text) Parse(string json, int maxTextLength = 4000)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        var frame = ClientFrame.Parse(utf8, new byte[ClientFrame.ScratchBytes(utf8.Length)], maxTextLength);
        Assert.Equal(frame.Kind == ClientFrameKind.Invalid, !string.IsNullOrEmpty(frame.Detail));
        return (frame.Kind, frame.Error, Encoding.UTF8.GetString(frame.Id), Encoding.UTF8.GetString(frame.Text));
    }
}
