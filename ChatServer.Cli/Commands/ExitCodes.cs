namespace ChatServer.Cli.Commands;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>All messages arrived once and in order.</summary>
    public const int Success = 0;

    /// <summary>A message was lost, repeated or reordered, or a connection was closed: see the report.</summary>
    public const int FaultsFound = 1;

    /// <summary>The run failed: invalid arguments, no server, refused, interrupted.</summary>
    public const int CannotRun = 2;
}
