namespace ChatServer.Bench.Fanout;

/// <summary>What all members of a run share.</summary>
internal sealed class FanoutState
{
    private volatile bool _publishing, _measuring;
    private volatile string? _refusal;

    /// <summary>Marks this run's messages.</summary>
    public int Run { get; } = Random.Shared.Next();

    public Latencies Latencies { get; } = new();

    /// <summary>Whether publishers say anything more.</summary>
    public bool Publishing { get => _publishing; set => _publishing = value; }

    /// <summary>Whether deliveries' times are recorded.</summary>
    public bool Measuring { get => _measuring; set => _measuring = value; }

    /// <summary>The room refused a message.</summary>
    public void Refuse(string error) => _refusal ??= error;

    /// <summary>A run that was refused something proves nothing.</summary>
    /// <exception cref="BenchException">The room refused a message.</exception>
    public void ThrowIfRefused()
    {
        if (_refusal is { } refusal)
            throw new BenchException($"The room refused a message: {refusal}");
    }
}
