namespace ChatServer.Client;

/// <summary>What can go wrong for good. What may pass is retried and never thrown.</summary>
public abstract class ChatException(string message) : Exception(message);

/// <summary>The room does not let us in.</summary>
/// <param name="status">The HTTP status: 400 bad name or query, 401 token, 403 banned, 404 no such room; 200 and others: this is no room.</param>
/// <param name="message">In words.</param>
public sealed class JoinRefusedException(int status, string message) : ChatException(message)
{
    /// <summary>The HTTP status; 0 when what answered is another room than the one that was asked for.</summary>
    public int Status { get; } = status;
}

/// <summary>The room does not take a message, and will not take it if it is said again.</summary>
/// <param name="code">The room's code for it.</param>
/// <param name="message">In words.</param>
public sealed class MessageRefusedException(string code, string message) : ChatException(message)
{
    /// <summary>One of the contract's error codes: <c>muted</c>, <c>read-only</c>, <c>too-long</c>, <c>invalid-message</c>, ….</summary>
    public string Code { get; } = code;
}

/// <summary>We are out of the room. Of a message that waited it is not known whether it was logged.</summary>
/// <param name="code">The close code.</param>
/// <param name="message">In words.</param>
public sealed class RoomClosedException(int code, string message) : ChatException(message)
{
    /// <summary>The close code: 1000 we left, 4001 kicked, 4003 banned, 4004 the room was closed, …; 0 when a way back was refused.</summary>
    public int Code { get; } = code;
}
