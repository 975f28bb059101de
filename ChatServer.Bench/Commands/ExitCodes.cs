namespace ChatServer.Bench.Commands;

/// <summary>What the process tells a script.</summary>
internal static class ExitCodes
{
    /// <summary>Everything arrived, once and in order.</summary>
    public const int Success = 0;

    /// <summary>Something was lost, repeated, reordered or cut off: the report says what.</summary>
    public const int FaultsFound = 1;

    /// <summary>The run could not be done: wrong arguments, nobody there, refused, interrupted.</summary>
    public const int CannotRun = 2;
}
