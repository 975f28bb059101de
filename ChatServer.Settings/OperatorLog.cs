namespace ChatServer.Settings;

/// <summary>
/// The log category of messages that ask an operator to act: a dependency refuses the process, data is corrupt; and of the line that reports
/// a start. It is visible from level Information in every environment; other categories are visible from level Critical in Production. Each
/// condition is logged once, not at each attempt.
/// </summary>
public static class OperatorLog
{
    /// <summary>The category.</summary>
    public const string Category = "ChatServer.Operator";

    /// <summary>Key in <see cref="Exception.Data"/> of an exception that was logged as Critical and is about to end the process.</summary>
    public const string ReportedKey = "ChatServer.Reported";
}
