using System.Text;
using ChatServer.LoadBalancer.Edge;

namespace ChatServer.Tests.LoadBalancer.Edge;

public sealed class UnacknowledgedFramesTests
{
    private readonly UnacknowledgedFrames _frames = new(member: 1);

    [Fact]
    public void Frame_is_sent_once_while_the_relay_lasts()
    {
        Add("""{"id":"a"}""");
        Assert.Equal(["1"], Send());
        Add("""{"id":"b"}""");
        Assert.Equal(["2"], Send());
    }

    [Fact]
    public void Frames_without_acknowledgement_are_sent_again_to_the_next_relay_in_their_order()
    {
        foreach (var id in (string[])["a", "b", "c"])
            Add($$"""{"id":"{{id}}"}""");
        Send();
        _frames.Acknowledge(2);

        Assert.Empty(_frames.OnRelayLost(hostFailed: true));

        Assert.Equal(["1 again", "3 again"], Send());
    }

    [Fact]
    public void Frame_that_no_relay_had_is_not_marked_as_sent_again()
    {
        Add("""{"id":"a"}""");
        _frames.OnRelayLost(hostFailed: true);
        Assert.Equal(["1"], Send());
    }

    [Theory]
    [InlineData("""{"type":"typing"}""")]
    [InlineData("""{"type":"message","id":7}""")]
    [InlineData("[1]")]
    [InlineData("not JSON")]
    public void Frame_without_an_id_is_not_sent_again(string text)
    {
        Add(text);
        Send();
        Assert.Empty(_frames.OnRelayLost(hostFailed: true));
        Assert.Empty(Send());
    }

    [Fact]
    public void Frame_that_two_hosts_failed_with_is_refused()
    {
        Add("""{"id":"a"}""");
        Send();
        Assert.Empty(_frames.OnRelayLost(hostFailed: true));
        Send();
        Assert.Equal(["a"], _frames.OnRelayLost(hostFailed: true));
        Assert.Empty(Send());
    }

    [Fact]
    public void Moves_are_no_failures()
    {
        Add("""{"id":"a"}""");
        for (var move = 0; move < 5; move++)
        {
            Send();
            Assert.Empty(_frames.OnRelayLost(hostFailed: false));
        }
        Assert.Equal(["1 again"], Send());
    }

    [Fact]
    public void Space_ends_at_the_limit_and_returns_with_acknowledgements()
    {
        uint added = 0;
        for (; _frames.HasSpace; added++)
            Add(new string('x', 1000));
        Assert.InRange((int)added, 100, UnacknowledgedFrames.MaxBytes / 1000);
        Send();

        _frames.Acknowledge(2); // not the oldest: its memory is kept
        Assert.False(_frames.HasSpace);
        _frames.Acknowledge(1);
        Assert.True(_frames.HasSpace);
    }

    private void Add(string text) => _frames.Add(isPing: false, Encoding.UTF8.GetBytes(text));

    private List<string> Send()
    {
        List<string> sent = [];
        _frames.SendAll(frame => sent.Add($"{frame.Number}{(frame.IsResent ? " again" : "")}"));
        return sent;
    }
}
