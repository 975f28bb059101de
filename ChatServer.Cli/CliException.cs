namespace ChatServer.Cli;

/// <summary>The run cannot start or continue, and its user can correct the cause.</summary>
/// <param name="message">One line that states the cause and the correction.</param>
internal sealed class CliException(string message) : Exception(message);
