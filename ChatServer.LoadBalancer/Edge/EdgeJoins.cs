using ChatServer.Broadcast.Relays;
using ChatServer.Metrics;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// The handshakes that wait for the room's host, in a queue: the host has a bounded number of them at a time, and the others wait instead
/// of being refused. A join that a host did not answer is sent to the next one.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class EdgeJoins(HostLink host, EdgeRoomLifetime lifetime, TimeProvider time)
{
    /// <summary>Time without an answer of the host to any join after which a join fails.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Joins that the host has at a time: enough for its turns, so few that the first members do not wait for the last ones.
    /// </summary>
    public const int MaxSent = 256;

    /// <summary>Joins that wait. The largest storm is a fraction of it.</summary>
    private const int MaxJoins = 32 * 1024;

    private readonly Dictionary<uint, EdgeJoin> _joins = [];
    private readonly Queue<EdgeJoin> _arrived = []; // also joins that were answered meanwhile
    private Queue<EdgeJoin> _unsent = [];
    private int _sent;
    private long _answeredAt = time.GetTimestamp();

    /// <summary>Number of joins that wait.</summary>
    public int Count => _joins.Count;

    /// <summary>Adds a join. Without a host it waits for one.</summary>
    public void Add(EdgeJoin join)
    {
        if (_joins.Count >= MaxJoins)
        {
            join.SetException(new TimeoutException("Too many clients wait for the room."));
            return;
        }
        _joins.Add(join.Number, join);
        _arrived.Enqueue(join);
        _unsent.Enqueue(join);
        lifetime.MarkUsed();
        SendNext();
    }

    /// <summary>The host answers a join; null if it does not wait any more.</summary>
    public EdgeJoin? Take(uint number)
    {
        if (!_joins.Remove(number, out var join))
            return null;
        _answeredAt = time.GetTimestamp();
        EdgeMetrics.JoinDuration.Record(time.GetElapsedTime(join.ArrivedAt).TotalSeconds);
        if (join.IsSent)
            _sent--;
        SendNext();
        return join;
    }

    /// <summary>The host refuses a join.</summary>
    public void Refuse(uint number, RelayRefused refused) => Take(number)?.SetAnswer(new EdgeJoinAnswer(null, [], refused));

    /// <summary>Sends the joins to a host that was attached, oldest first.</summary>
    public void SendAll()
    {
        _answeredAt = time.GetTimestamp();
        _unsent = new Queue<EdgeJoin>(_joins.Values.OrderBy(join => join.Number));
        foreach (var join in _unsent)
            join.IsSent = false;
        _sent = 0;
        SendNext();
    }

    /// <summary>There is no such room.</summary>
    public void RefuseAll()
    {
        foreach (var join in _joins.Values)
            join.SetAnswer(EdgeJoinAnswer.NoSuchRoom);
        Clear();
        lifetime.MarkIdle();
    }

    /// <summary>The host cannot be found.</summary>
    public void FailAll(Exception error)
    {
        foreach (var join in _joins.Values)
            join.SetException(error);
        Clear();
    }

    /// <summary>Fails the joins that no host has answered in time.</summary>
    public void FailOverdue()
    {
        while (Oldest is { } oldest && RemainingOf(oldest) <= TimeSpan.Zero)
        {
            _joins.Remove(oldest.Number);
            if (oldest.IsSent)
                _sent--;
            oldest.SetException(new TimeoutException($"No host answered for {AnswerTimeout.TotalSeconds} s."));
        }
    }

    /// <summary>Time until <see cref="FailOverdue"/> has something to do; null if nothing is waiting.</summary>
    public TimeSpan? TimeUntilOverdue() => Oldest is { } oldest ? RemainingOf(oldest) : null;

    private EdgeJoin? Oldest
    {
        get
        {
            while (_arrived.TryPeek(out var join))
            {
                if (_joins.ContainsKey(join.Number))
                    return join;
                _arrived.Dequeue();
            }
            return null;
        }
    }

    private TimeSpan RemainingOf(EdgeJoin join) => AnswerTimeout - time.GetElapsedTime(Math.Max(join.ArrivedAt, _answeredAt));

    private void SendNext()
    {
        while (host.IsAttached && _sent < MaxSent && _unsent.TryDequeue(out var join))
        {
            if (!_joins.ContainsKey(join.Number))
                continue;
            join.IsSent = true;
            _sent++;
            host.Send(writer => writer.Join(join.Number, join.Request));
        }
    }

    private void Clear()
    {
        _joins.Clear();
        _arrived.Clear();
        _unsent.Clear();
        _sent = 0;
    }
}
