using System.Text;
using ChatServer.Cli.Bench.Fanout;

namespace ChatServer.Tests.Cli.Bench;

public sealed class FanoutEventTests
{
    [Theory]
    [InlineData("""{"type":"message","seq":7,"time":"2026-01-01T00:00:00.000Z","user":"u","id":"i","text":"hello"}""", "hello")]
    [InlineData("""{"text":"hello","id":"i","seq":7,"type":"message"}""", "hello")]
    [InlineData("""{"type":"message","seq":7,"text":"hello","reply":{"seq":3,"text":"no"}}""", "hello")]
    [InlineData("""{"type":"message","seq":7,"user":"u","id":"i","text":"say \"text\":\"bench:\" "}""", """say \"text\":\"bench:\" """)]
    public void A_message_is_read_whatever_the_order_of_its_members(string json, string text)
    {
        var read = FanoutEvent.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal((FanoutEventKind.Message, 7, text), (read.Kind, read.Seq, Encoding.UTF8.GetString(read.Text)));
    }

    [Theory]
    [InlineData("""{"type":"announcement","seq":7,"time":"t","text":"hello"}""", "Logged")]
    [InlineData("""{"type":"deleted","seq":7,"target":3}""", "Logged")]
    [InlineData("""{"type":"presence","count":3,"joined":[],"left":[]}""", "Other")]
    [InlineData("""{"type":"error","code":"muted","message":"m"}""", "Error")]
    [InlineData("""{"type":"message","seq":"7"}""", "Malformed")]
    [InlineData("[]", "Other")]
    [InlineData("{", "Malformed")]
    [InlineData("", "Malformed")]
    public void Other_events_are_classified_by_their_checkable_fields(string json, string kind) =>
        Assert.Equal(kind, FanoutEvent.Read(Encoding.UTF8.GetBytes(json)).Kind.ToString());

    [Fact]
    public void Stamp_is_read_back_and_a_truncated_text_has_none()
    {
        var stamp = new BenchStamp(0x7EADBEEF, 3, 41, 1L << 60);
        var text = new byte[100];
        BenchText.Write(text, stamp);
        Assert.True(BenchText.TryRead(text, 100, out var read));
        Assert.Equal(stamp, read);
        Assert.False(BenchText.TryRead(text.AsSpan(0, 99), 100, out _));
    }
}
