namespace ChatServer.Bench.Reports;

/// <summary>The outcome of a command: a table for people, and as JSON what its public members say.</summary>
internal interface IReport
{
    /// <summary>Whether everything was as it has to be; decides the exit code.</summary>
    bool Well { get; }

    /// <summary>The table's.</summary>
    IEnumerable<Row> Rows();
}

/// <summary>A row of the table.</summary>
internal sealed record Row(string Name, string Value);
