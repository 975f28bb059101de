namespace ChatServer.Cli.Doctor;

/// <summary>Looks for misconfigurations of one kind.</summary>
internal interface ICheck
{
    /// <summary>Its name in the report.</summary>
    string Name { get; }

    /// <summary>The option whose value is missing; null if the check can be done.</summary>
    string? Missing(DoctorTarget target);

    /// <summary>Returns what it found.</summary>
    /// <exception cref="CliException">The check cannot be done.</exception>
    Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct);
}
