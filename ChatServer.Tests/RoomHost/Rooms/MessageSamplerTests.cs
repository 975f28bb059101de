using System.Diagnostics;
using System.Text;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class MessageSamplerTests : IDisposable
{
    private readonly SpanRecorder _recorder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly MessageSampler _sampler;

    public MessageSamplerTests() => _sampler = new MessageSampler(_recorder.Source, _time);

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public void Every_thousandth_message_begins_a_trace()
    {
        using var unrelated = _recorder.StartRoot();
        var sampled = Enumerable.Range(1, 3500).Where(_ => Sample("") is not null).ToList();
        Assert.Equal([1000, 2000, 3000], sampled);

        for (var i = 3501; i < 4000; i++)
            Assert.Null(Sample(""));
        Sample("")!.End();

        var receive = Assert.Single(_recorder.Ended);
        Assert.Equal(("message.receive", "lobby"), (receive.OperationName, receive.GetTagItem("chat.room")));
        Assert.Null(receive.ParentId);
        Assert.NotEqual(unrelated.TraceId, receive.TraceId);
        Assert.Same(unrelated, Activity.Current);
    }

    [Fact]
    public void Without_a_listener_no_message_is_counted_or_traced()
    {
        using var source = new ActivitySource("no listener");
        var sampler = new MessageSampler(source, _time);
        for (var i = 0; i < 1500; i++)
            Assert.Null(sampler.Sample("lobby", Encoding.ASCII.GetBytes(Traceparent(i))));

        using var late = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(late);

        Assert.Equal([1000], Enumerable.Range(1, 1500).Where(_ => sampler.Sample("lobby", default) is not null));
    }

    [Fact]
    public void Untraced_message_allocates_nothing()
    {
        var room = "lobby";
        _sampler.Sample(room, default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 900; i++)
            _sampler.Sample(room, default);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Trace_of_a_message_is_a_child_of_its_traceparent()
    {
        Sample(Traceparent(1))!.End();

        Assert.Equal(Traceparent(1), Assert.Single(_recorder.Ended).ParentId);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")] // not sampled by its sender
    public void A_traceparent_that_is_malformed_or_not_sampled_is_ignored(string traceparent)
    {
        Assert.Null(Sample(traceparent));
        Assert.Null(Sample(new string('0', 60_000)));
    }

    [Fact]
    public void At_most_ten_messages_a_second_are_traced_on_request_of_their_senders()
    {
        Assert.Equal(10, Enumerable.Range(0, 500).Count(i => Sample(Traceparent(i)) is not null));

        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Enumerable.Range(0, 100).Count(i => Sample(Traceparent(i)) is not null));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(i => Sample(Traceparent(i)) is not null));
    }

    [Fact]
    public void Message_above_the_rate_is_traced_if_it_is_the_thousandth()
    {
        for (var i = 1; i < 1000; i++)
            Sample(Traceparent(i))?.End();
        Sample(Traceparent(1000))!.End();

        Assert.Null(_recorder.Ended.Last().ParentId);
    }

    [Fact]
    public void Message_is_untraced_if_the_sampler_drops_its_trace()
    {
        using var source = new ActivitySource("dropped");
        using var drops = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(drops);

        Assert.Null(new MessageSampler(source, _time).Sample("lobby", Encoding.ASCII.GetBytes(Traceparent(1))));
    }

    private MessageTrace? Sample(string traceparent) => _sampler.Sample("lobby", Encoding.UTF8.GetBytes(traceparent));

    private static string Traceparent(int number) => $"00-4bf92f3577b34da6a3ce929d0e0e4736-{number + 1:x16}-01";
}
