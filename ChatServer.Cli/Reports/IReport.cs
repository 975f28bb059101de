namespace ChatServer.Cli.Reports;

/// <summary>Report of a command: a table for people; its public members are the JSON.</summary>
internal interface IReport
{
    /// <summary>Whether no fault was found; determines the exit code.</summary>
    bool Well { get; }

    /// <summary>The rows of the table.</summary>
    IEnumerable<Row> Rows();
}

/// <summary>A row of the table.</summary>
internal sealed record Row(string Name, string Value);
