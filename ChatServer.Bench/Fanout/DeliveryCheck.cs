namespace ChatServer.Bench.Fanout;

/// <summary>
/// Checks what one member gets: the room's events have gapless, growing sequences, and every message of every publisher comes once and
/// in order. Written by the thread that reads the member's connection, read by others when it has come to rest.
/// </summary>
/// <param name="run">The run's mark.</param>
/// <param name="publishers">How many there are.</param>
/// <param name="textLength">Of every message, in bytes.</param>
internal sealed class DeliveryCheck(int run, int publishers, int textLength)
{
    private readonly SequenceChecker[] _publishers = new SequenceChecker[publishers];
    private SequenceChecker _log;
    private long _deliveries;

    /// <summary>Messages of this run that came, in whatever order.</summary>
    public long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Events of the room's that were somebody else's: they have a place in the log, too.</summary>
    public long Foreign { get; private set; }

    /// <summary>Frames that are no JSON object.</summary>
    public long Malformed { get; private set; }

    /// <summary>The member has joined: the log's newest event is <paramref name="seq"/>.</summary>
    public void Begin(long seq) => _log = new SequenceChecker(seq + 1);

    /// <summary>Takes note of an event; true when it is a message of this run's.</summary>
    public bool Observe(in FanoutEvent happened, out BenchStamp stamp)
    {
        stamp = default;
        switch (happened.Kind)
        {
            case FanoutEventKind.Malformed:
                Malformed++;
                return false;
            case FanoutEventKind.Message or FanoutEventKind.Logged:
                _log.Observe(happened.Seq);
                break;
            default:
                return false;
        }
        if (!BenchText.TryRead(happened.Text, textLength, out stamp) || stamp.Run != run || (uint)stamp.Publisher >= (uint)publishers)
        {
            Foreign++;
            return false;
        }
        _publishers[stamp.Publisher].Observe(stamp.Counter);
        Volatile.Write(ref _deliveries, _deliveries + 1);
        return true;
    }

    /// <summary>What is wrong, when publisher i has said <paramref name="said"/>[i] messages.</summary>
    public DeliveryFaults FaultsAfter(ReadOnlySpan<long> said)
    {
        var faults = new DeliveryFaults
        {
            Malformed = Malformed,
            SequencesSkipped = _log.Skipped,
            SequencesRepeated = _log.Repeated,
            SequencesReordered = _log.Reordered
        };
        for (var i = 0; i < _publishers.Length; i++)
        {
            faults += new DeliveryFaults
            {
                Lost = _publishers[i].MissingBefore(said[i]),
                Repeated = _publishers[i].Repeated,
                Reordered = _publishers[i].Reordered,
            };
        }
        return faults;
    }
}
