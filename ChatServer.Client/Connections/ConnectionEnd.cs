using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>How a connection, or an attempt at one, ended, and what follows from it.</summary>
/// <param name="Code">The close code; 0 when it was refused with an HTTP status.</param>
/// <param name="Reason">In words.</param>
internal sealed record ConnectionEnd(int Code, string Reason)
{
    /// <summary>The connection broke, or nobody answered (RFC 6455's code for it, which is never sent).</summary>
    public const int Abnormal = 1006;

    /// <summary>There is no way back.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Another address may do better.</summary>
    public bool TryNextAddress { get; init; }

    /// <summary>The HTTP status of a refusal.</summary>
    public int Status { get; init; }

    /// <summary>What the server asked us to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long the connection was of use: from the welcome on. Null without one.</summary>
    public TimeSpan? ConnectedFor { get; init; }

    /// <summary>It was our own doing, so no reason for patience.</summary>
    public bool IsClientInitiated { get; init; }

    /// <summary>We left.</summary>
    public static readonly ConnectionEnd Left = new(CloseCodes.Normal, "left") { IsFinal = true };

    /// <summary>We want to begin again where the reader is.</summary>
    public static readonly ConnectionEnd Lagged =
        new(Abnormal, "The reader fell behind; what it missed is fetched.") { IsClientInitiated = true };

    /// <summary>It broke, or nobody answered.</summary>
    public static ConnectionEnd Broken(string reason) => new(Abnormal, reason) { TryNextAddress = true };

    /// <summary>The server closed it: what then is in <see cref="CloseCodes"/>. Of a code that is not, its <c>closing</c> event says it.</summary>
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

    /// <summary>The server refused the handshake. Too many, too busy and not now may pass; the rest is for good.</summary>
    public static ConnectionEnd Refused(int status, string reason, TimeSpan? retryAfter) => new(0, reason)
    {
        Status = status,
        RetryAfter = retryAfter,
        IsFinal = status is < 500 and not (408 or 429),
        // Whoever is too many is that behind every load balancer.
        TryNextAddress = status != 429,
    };
}
