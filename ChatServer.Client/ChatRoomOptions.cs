using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>Options for joining a room and for reconnecting.</summary>
public sealed record ChatRoomOptions
{
    /// <summary>
    /// Addresses to try in turn, beginning with a random one: base addresses of load balancers (<c>http://</c>, <c>https://</c>), or the
    /// address of the room's port (<c>ws://</c>, <c>wss://</c>) from the Api. The latter changes when the room moves.
    /// </summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The room's name.</summary>
    public required string Room { get; init; }

    /// <summary>Requested user name, 1–32 characters; null: a guest name.</summary>
    public string? User { get; init; }

    /// <summary>Number of latest events to get at the first join; 0 or more.</summary>
    public int History { get; init; } = Limits.DefaultHistory;

    /// <summary>
    /// Returns a join token, which a private room requires. Called before each connection, and when three quarters of the token's lifetime
    /// are over, to renew it on the open connection.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>
    /// Maximum number of events that wait for the reader; 4 or more. Beyond it the client stops receiving, and reconnects if it falls
    /// behind the events that the room keeps. 1024 events ≈ 100–200 KB of chat.
    /// </summary>
    public int BufferedEvents { get; init; } = 1024;

    /// <summary>Maximum number of unacknowledged messages. Beyond it, sending waits.</summary>
    public int PendingMessages { get; init; } = 256;

    /// <summary>
    /// Time limit of an attempt, from the connection to the welcome. A load balancer may hold a client while its room moves.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Maximum delay between two rounds of attempts. The first delays are at most 100 ms.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which the client sends a ping; null: the interval of the server's pings (20 s).</summary>
    public TimeSpan? PingAfter { get; init; }

    /// <summary>
    /// Silence after which the client ends the connection; null: the limit of the server (45 s). Must be longer than
    /// <see cref="PingAfter"/>.
    /// </summary>
    public TimeSpan? SilenceLimit { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Addresses.Count, nameof(Addresses));
        foreach (var address in Addresses)
        {
            if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https" or "ws" or "wss"))
                throw new ArgumentException($"{address} must begin with http://, https://, ws:// or wss://.", nameof(Addresses));
        }
        if (!RoomNames.IsValid(Room))
            throw new ArgumentException($"A room name must match {RoomNames.Pattern}.", nameof(Room));
        if (User is not null && UserNames.Normalize(User) is null)
            throw new ArgumentException($"A user's name is {UserNames.Rule}.", nameof(User));
        ArgumentOutOfRangeException.ThrowIfNegative(History);
        // A resume begins when half of the buffer is free, which must hold more than the welcome.
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferedEvents, 4);
        ArgumentOutOfRangeException.ThrowIfLessThan(PendingMessages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PingAfter ?? MaxBackoff, TimeSpan.Zero, nameof(PingAfter));
    }
}
