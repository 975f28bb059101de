namespace ChatServer.Contracts;

/// <summary>The process cannot start, and its operator can change that: <paramref name="message"/> is one line that names the variable.</summary>
public sealed class StartupException(string message) : Exception(message);
