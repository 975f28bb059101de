namespace ChatServer.Cli.Bench.Fanout;

/// <summary>
/// Checks the deliveries to one member: sequences increase without gaps, and each message of each publisher arrives once and in order.
/// Written by the thread that reads the member's connection; read by others after the connection is idle.
/// </summary>
/// <param name="run">Id of the run.</param>
/// <param name="publishers">Number of publishers.</param>
/// <param name="textLength">Length of each text, in bytes.</param>
internal sealed class DeliveryCheck(int run, int publishers, int textLength)
{
    private readonly SequenceChecker[] _publishers = new SequenceChecker[publishers];
    private SequenceChecker _log;
    private long _deliveries;

    /// <summary>Number of received messages of this run.</summary>
    public long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Number of received events that do not belong to this run.</summary>
    public long Foreign { get; private set; }

    /// <summary>Number of frames that are not a JSON object.</summary>
    public long Malformed { get; private set; }

    /// <summary>The member has joined at the log position <paramref name="seq"/>.</summary>
    public void Begin(long seq) => _log = new SequenceChecker(seq + 1);

    /// <summary>Records an event; true if it is a message of this run.</summary>
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

    /// <summary>The faults, if publisher i has sent <paramref name="said"/>[i] messages.</summary>
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
