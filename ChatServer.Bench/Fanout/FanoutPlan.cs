namespace ChatServer.Bench.Fanout;

/// <summary>What a fan-out run does.</summary>
internal sealed record FanoutPlan
{
    /// <summary>Members of the room.</summary>
    public required int Clients { get; init; }

    /// <summary>How many of them publish.</summary>
    public required int Publishers { get; init; }

    /// <summary>Messages of one publisher on their way, until its own echo comes; 0: at <see cref="Rate"/>.</summary>
    public required int Window { get; init; }

    /// <summary>Messages a second, of all publishers together.</summary>
    public required double Rate { get; init; }

    /// <summary>Bytes of a message's text.</summary>
    public required int Payload { get; init; }

    /// <summary>Before the measurement; checked, but in no figure.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Of the measurement.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long deliveries may stand still at the end before what has not come counts as lost.</summary>
    public required TimeSpan Drain { get; init; }

    /// <summary>The server's process, where it is on this machine.</summary>
    public required int? ServerPid { get; init; }
}
