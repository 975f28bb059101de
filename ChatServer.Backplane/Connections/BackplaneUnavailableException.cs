namespace ChatServer.Backplane.Connections;

/// <summary>
/// Redis cannot be reached, or did not answer in time. The operation may or may not have been carried out; every operation of the Backplane
/// is safe to repeat.
/// </summary>
public sealed class BackplaneUnavailableException : Exception
{
    public BackplaneUnavailableException() : base("Redis is unavailable.") { }

    public BackplaneUnavailableException(string message) : base(message) { }

    public BackplaneUnavailableException(string message, Exception inner) : base(message, inner) { }
}
