namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Parameters of a fan-out run.</summary>
internal sealed record FanoutPlan
{
    /// <summary>Number of members.</summary>
    public required int Clients { get; init; }

    /// <summary>Number of publishing members.</summary>
    public required int Publishers { get; init; }

    /// <summary>Messages in flight per publisher, until their echo; 0: <see cref="Rate"/> applies.</summary>
    public required int Window { get; init; }

    /// <summary>Messages per second of all publishers together.</summary>
    public required double Rate { get; init; }

    /// <summary>Length of a text, in bytes.</summary>
    public required int Payload { get; init; }

    /// <summary>Time before the measurement. Its deliveries are checked but not measured.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Duration of the measurement.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Time without deliveries at the end after which missing messages count as lost.</summary>
    public required TimeSpan Drain { get; init; }

    /// <summary>Process id of the server, if it runs on this machine.</summary>
    public required int? ServerPid { get; init; }
}
