namespace ChatServer.Client;

/// <summary>An error that a retry does not correct. Temporary errors are retried and never thrown.</summary>
public abstract class ChatException(string message) : Exception(message);

/// <summary>The room refused the join.</summary>
/// <param name="status">
/// The HTTP status: 400 invalid name or query, 401 token, 403 banned, 404 no such room; 200 and others: the address is not a room.
/// </param>
/// <param name="message">Description of the error.</param>
public sealed class JoinRefusedException(int status, string message) : ChatException(message)
{
    /// <summary>The HTTP status; 0 if another room than the requested one answered.</summary>
    public int Status { get; } = status;
}

/// <summary>The room refused a message permanently.</summary>
/// <param name="code">The error code.</param>
/// <param name="message">Description of the error.</param>
public sealed class MessageRefusedException(string code, string message) : ChatException(message)
{
    /// <summary>One of the contract's error codes: <c>muted</c>, <c>read-only</c>, <c>too-long</c>, <c>invalid-message</c>, ….</summary>
    public string Code { get; } = code;
}

/// <summary>The room refused a deletion or a command of a moderator permanently.</summary>
/// <param name="code">The error code.</param>
/// <param name="message">Description of the error.</param>
public sealed class CommandRefusedException(string code, string message) : ChatException(message)
{
    /// <summary>One of the contract's error codes: <c>forbidden</c>, <c>not-yours</c>, <c>no-such-message</c>, ….</summary>
    public string Code { get; } = code;
}

/// <summary>The client left the room or was removed. Whether a pending message was logged is unknown.</summary>
/// <param name="code">The close code.</param>
/// <param name="message">Description of the error.</param>
public sealed class RoomClosedException(int code, string message) : ChatException(message)
{
    /// <summary>
    /// The close code: 1000 the client left, 4001 kicked, 4003 banned, 4004 room closed, …; 0 if a reconnect was refused.
    /// </summary>
    public int Code { get; } = code;
}
