using System.Diagnostics;
using System.Text;
using ChatServer.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

public sealed class TraceContextTests
{
    private const string Valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Fact]
    public void A_traceparent_is_read_into_its_ids_and_flags()
    {
        Assert.True(TraceContext.TryParse(Valid, out var fromText));
        Assert.True(TraceContext.TryParse(Encoding.UTF8.GetBytes(Valid), out var fromBytes));

        Assert.Equal(fromText, fromBytes);
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", fromText.TraceId.ToHexString());
        Assert.Equal("00f067aa0ba902b7", fromText.SpanId.ToHexString());
        Assert.Equal((ActivityTraceFlags.Recorded, true), (fromText.TraceFlags, fromText.IsRemote));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x")]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g")]
    [InlineData("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e47é6-00f067aa0ba902b7-01")]
    public void A_malformed_traceparent_is_refused(string? traceparent)
    {
        Assert.False(TraceContext.TryParse(traceparent, out _));
        Assert.False(TraceContext.TryParse(Encoding.UTF8.GetBytes(traceparent ?? ""), out _));
    }

    [Fact]
    public void Only_a_recorded_span_is_carried()
    {
        using var recorder = new SpanRecorder("ChatServer.Backplane");
        Assert.Null(TraceContext.Current);

        using (var root = recorder.StartRoot())
        {
            Assert.Equal(root.Id, TraceContext.Current);
            root.ActivityTraceFlags = ActivityTraceFlags.None;
            Assert.Null(TraceContext.Current);
        }
    }

    [Fact]
    public void A_span_without_a_valid_parent_is_not_started()
    {
        using var recorder = new SpanRecorder();

        Assert.Null(recorder.Source.StartChild("work", null));
        Assert.Null(recorder.Source.StartChild("work", "00-malformed"));
        using var child = recorder.Source.StartChild("work", Valid);
        Assert.Equal(Valid, child?.ParentId);
    }
}
