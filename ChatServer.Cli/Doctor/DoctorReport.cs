using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Doctor;

/// <summary>Report of the doctor.</summary>
internal sealed record DoctorReport : IReport
{
    /// <summary>The findings, errors first.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Names of the checks that were done.</summary>
    public required IReadOnlyList<string> Checked { get; init; }

    /// <summary>The checks that were not done, and why.</summary>
    public required IReadOnlyList<string> NotChecked { get; init; }

    public bool Well => Findings.Count == 0;

    public IEnumerable<Row> Rows()
    {
        yield return new("checked", string.Join(", ", Checked));
        foreach (var skipped in NotChecked)
            yield return new("not checked", skipped);
        foreach (var finding in Findings)
        {
            yield return new($"{finding.Severity}: {finding.Check}".ToLowerInvariant(), finding.Problem);
            yield return new("  reason", finding.Reason);
            yield return new("  fix", finding.Fix);
        }
    }
}
