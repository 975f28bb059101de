namespace ChatServer.Cli.Doctor;

/// <summary>How serious a finding is.</summary>
internal enum Severity
{
    /// <summary>The deployment works now, and will not under load, after a failure, or under attack.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}

/// <summary>A misconfiguration.</summary>
/// <param name="Check">Name of the check, for scripts.</param>
/// <param name="Severity">How serious it is.</param>
/// <param name="Problem">What was found, with the value.</param>
/// <param name="Reason">Why it matters.</param>
/// <param name="Fix">The command or the setting that corrects it.</param>
internal sealed record Finding(string Check, Severity Severity, string Problem, string Reason, string Fix);
