namespace ChatServer.Bench.Reports;

/// <summary>Tells how far a run is.</summary>
internal interface IPhases
{
    /// <summary>A new phase; it is over when it is disposed.</summary>
    /// <param name="name">What happens.</param>
    /// <param name="end">The value at which it is done.</param>
    IPhase Begin(string name, double end);
}

/// <summary>A phase of a run.</summary>
internal interface IPhase : IDisposable
{
    /// <summary>How far it is, and what happens when that says more than its name.</summary>
    void Report(double value, string? name = null);
}
