using ChatServer.Contracts;

namespace ChatServer.Client.Connections;

/// <summary>The end of a connection or of an attempt, and its consequence.</summary>
/// <param name="Code">The close code; 0 if the handshake was refused with an HTTP status.</param>
/// <param name="Reason">The reason, in words.</param>
internal sealed record ConnectionEnd(int Code, string Reason)
{
    /// <summary>The connection ended without a Close frame, or was not established (RFC 6455; never sent in a frame).</summary>
    public const int Abnormal = 1006;

    /// <summary>Whether the client must not reconnect.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Whether to try the next address.</summary>
    public bool TryNextAddress { get; init; }

    /// <summary>The HTTP status of a refusal.</summary>
    public int Status { get; init; }

    /// <summary>The server's <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Time since the welcome; null without a welcome.</summary>
    public TimeSpan? ConnectedFor { get; init; }

    /// <summary>Whether the client ended the connection to reconnect at once.</summary>
    public bool IsClientInitiated { get; init; }

    /// <summary>The client left.</summary>
    public static readonly ConnectionEnd Left = new(CloseCodes.Normal, "left") { IsFinal = true };

    /// <summary>The client reconnects to resume at the position of the reader.</summary>
    public static readonly ConnectionEnd Lagged =
        new(Abnormal, "The reader fell behind; the client reconnects to get the missed events.") { IsClientInitiated = true };

    /// <summary>The connection ended without a Close frame, or was not established.</summary>
    public static ConnectionEnd Broken(string reason) => new(Abnormal, reason) { TryNextAddress = true };

    /// <summary>
    /// The server closed the connection. <see cref="CloseCodes"/> defines the consequence; for other codes the <c>closing</c> event does.
    /// </summary>
    public static ConnectionEnd Closed(int code, string reason, bool? reconnect) => new(code, reason)
    {
        IsFinal = code switch
        {
            CloseCodes.GoingAway or CloseCodes.TooSlow => false,
            CloseCodes.Normal or CloseCodes.ProtocolError or CloseCodes.UnsupportedData or CloseCodes.InvalidPayload
                or CloseCodes.PolicyViolation or CloseCodes.TooBig
                or CloseCodes.Kicked or CloseCodes.Banned or CloseCodes.RoomClosed or CloseCodes.Replaced => true,
            _ => !(reconnect ?? code < 4000),
        },
    };

    /// <summary>The server refused the handshake. 408, 429 and 5xx are temporary; other statuses are permanent.</summary>
    public static ConnectionEnd Refused(int status, string reason, TimeSpan? retryAfter) => new(0, reason)
    {
        Status = status,
        RetryAfter = retryAfter,
        IsFinal = status is < 500 and not (408 or 429),
        // A full room is full through every load balancer.
        TryNextAddress = status != 429,
    };
}
