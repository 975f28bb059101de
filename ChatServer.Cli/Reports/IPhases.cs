namespace ChatServer.Cli.Reports;

/// <summary>Reports the progress of a run.</summary>
internal interface IPhases
{
    /// <summary>Starts a phase, which ends when it is disposed.</summary>
    /// <param name="name">Name of the phase.</param>
    /// <param name="end">The value at its end.</param>
    IPhase Begin(string name, double end);
}

/// <summary>A phase of a run.</summary>
internal interface IPhase : IDisposable
{
    /// <summary>Reports the current value and, optionally, a more precise description.</summary>
    void Report(double value, string? name = null);
}
