using ChatServer.Contracts;

namespace ChatServer.Client.Connections;

/// <summary>A command of a member, without its id. Members that are null are not sent.</summary>
internal sealed record ClientCommand(string Type)
{
    public long? Target { get; init; }

    public string? Uid { get; init; }

    public long? Seconds { get; init; }

    public string? Reason { get; init; }

    /// <summary>A command about a user.</summary>
    /// <exception cref="ArgumentException">The uid, the duration or the reason is invalid.</exception>
    public static ClientCommand About(string type, string uid, TimeSpan? duration, string? reason)
    {
        if (!UserIds.CanExist(uid))
            throw new ArgumentException("The uid is not one that a user can have.", nameof(uid));
        // Rounded up: a fraction of a second is not an unlimited time.
        long? seconds = duration is { } time ? (long)Math.Ceiling(time.TotalSeconds) : null;
        if (ModerationRequest.ValidateTerms(seconds, reason) is { } error)
            throw new ArgumentException($"{error}.", seconds is < 1 or > ModerationRequest.MaxSeconds ? nameof(duration) : nameof(reason));
        return new ClientCommand(type) { Uid = uid, Seconds = seconds, Reason = reason };
    }
}
