namespace ChatServer.Cli.Bench.Fanout;

/// <summary>State that all members of a run share.</summary>
internal sealed class FanoutState
{
    private volatile bool _publishing, _measuring;
    private volatile string? _refusal;

    /// <summary>Id of the run in its messages.</summary>
    public int Run { get; } = Random.Shared.Next();

    public Latencies Latencies { get; } = new();

    /// <summary>Whether publishers send messages.</summary>
    public bool Publishing { get => _publishing; set => _publishing = value; }

    /// <summary>Whether latencies are recorded.</summary>
    public bool Measuring { get => _measuring; set => _measuring = value; }

    /// <summary>Records that the room refused a message.</summary>
    public void Refuse(string error) => _refusal ??= error;

    /// <summary>Fails the run if the room refused a message.</summary>
    /// <exception cref="CliException">The room refused a message.</exception>
    public void ThrowIfRefused()
    {
        if (_refusal is { } refusal)
            throw new CliException($"The room refused a message: {refusal}");
    }
}
