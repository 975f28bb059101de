namespace ChatServer.Settings;

/// <summary>
/// The process cannot start, and its operator can correct the cause. The process then writes <paramref name="message"/> and ends with
/// exit code 1.
/// </summary>
/// <param name="message">One line that names the variable to change. It contains no secret.</param>
public sealed class StartupException(string message) : Exception(message.ReplaceLineEndings(" "));
