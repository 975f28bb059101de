using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.LoadBalancer.Edge;
using ChatServer.LoadBalancer.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer.Edge;

public sealed class EdgeJoinsTests : IDisposable
{
    private static readonly RelayAttached Attached = new(
        Term: 1, "epoch", Resumed: true, Seq: 0, IsDurable: true, MaxFrameBytes: 1024, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(45),
        RingBytes: 1024);

    private readonly FakeTimeProvider _time = new();
    private readonly HostLink _host;
    private readonly EdgeJoins _joins;
    private SentJoins _sent = new();
    private RelayConnection _relay;

    public EdgeJoinsTests()
    {
        _host = new HostLink("load-balancer", _time);
        _joins = new EdgeJoins(_host, new EdgeRoomLifetime(_time), _time);
        _relay = Connect();
    }

    public void Dispose() => _relay.Dispose();

    [Fact]
    public void Joins_beyond_those_that_the_host_has_wait_and_are_sent_in_their_order()
    {
        _host.Attach(Attached);
        for (var number = 1u; number <= EdgeJoins.MaxSent + 2; number++)
            Add(number);
        Assert.Equal(Enumerable.Range(1, EdgeJoins.MaxSent), Sent());

        Refuse(1);
        Assert.Equal([EdgeJoins.MaxSent + 1], Sent());
        Refuse(2);
        Assert.Equal([EdgeJoins.MaxSent + 2], Sent());
    }

    [Fact]
    public void Join_that_waits_while_the_host_answers_others_does_not_fail()
    {
        _host.Attach(Attached);
        var joins = Enumerable.Range(1, EdgeJoins.MaxSent + 10).Select(number => Add((uint)number)).ToList();
        for (var number = 1u; number <= 10; number++)
        {
            _time.Advance(EdgeJoins.AnswerTimeout - TimeSpan.FromSeconds(1));
            _joins.FailOverdue();
            Refuse(number);
        }
        Assert.All(joins.Skip(10), join => Assert.False(join.Answer.IsCompleted));

        _time.Advance(EdgeJoins.AnswerTimeout);
        Assert.Equal(TimeSpan.Zero, _joins.TimeUntilOverdue());
        _joins.FailOverdue();

        Assert.All(joins.Skip(10), join => Assert.IsType<TimeoutException>(join.Answer.Exception!.InnerException));
        Assert.Equal((0, null), (_joins.Count, _joins.TimeUntilOverdue()));
    }

    [Fact]
    public void Joins_that_a_host_did_not_answer_are_sent_to_the_next_one_before_newer_ones()
    {
        _host.Attach(Attached);
        for (var number = 1u; number <= EdgeJoins.MaxSent; number++)
            Add(number);
        Refuse(1);
        Sent();
        _host.Detach();
        Add(1000);

        _relay = Connect();
        _host.Attach(Attached);
        _joins.SendAll();

        Assert.Equal([.. Enumerable.Range(2, EdgeJoins.MaxSent - 1), 1000], Sent());
    }

    private RelayConnection Connect()
    {
        _sent = new SentJoins();
        var relay = new RelayConnection(_sent, new RouteWatch(() => { }, CancellationToken.None), _time);
        _host.Connect(relay, []);
        return relay;
    }

    private EdgeJoin Add(uint number)
    {
        var join = new EdgeJoin(
            number, new RelayJoin("HTTP/1.1", "", [], "http", "localhost", Address: null), connection: null!, _time.GetTimestamp());
        _joins.Add(join);
        return join;
    }

    private void Refuse(uint number) => _joins.Refuse(number, new RelayRefused(429, [], ""));

    private List<int> Sent()
    {
        _host.Flush();
        return _sent.Take();
    }

    /// <summary>The connection to a host, which records the numbers of the joins that it is sent.</summary>
    private sealed class SentJoins : MemoryStream, IFrameHandler
    {
        private readonly List<int> _numbers = [];
        private readonly FrameReader _reader = new(1024 * 1024, peer: FramePeer.Relay);

        public List<int> Take()
        {
            _reader.Read(ToArray(), this);
            SetLength(0);
            List<int> numbers = [.. _numbers];
            _numbers.Clear();
            return numbers;
        }

        public void OnBinary(ReadOnlySpan<byte> bytes)
        {
            var message = new RelayReader(bytes);
            if (message.Type() == RelayMessage.Join)
                _numbers.Add((int)message.Number());
        }

        public void OnText(ReadOnlySpan<byte> utf8)
        {
        }

        public void OnPing(ReadOnlySpan<byte> payload)
        {
        }

        public void OnPong()
        {
        }

        public void OnClose(ushort code, ReadOnlySpan<byte> reason)
        {
        }

        public void OnViolation(ushort code, string reason) => Assert.Fail(reason);

        public void OnReceived()
        {
        }

        public void OnEnd()
        {
        }
    }
}
