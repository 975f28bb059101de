namespace ChatServer.Bench;

/// <summary>The run cannot be done, or not go on, and its user can change that: <paramref name="message"/> is one line that says how.</summary>
internal sealed class BenchException(string message) : Exception(message);
