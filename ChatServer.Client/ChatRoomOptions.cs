using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>How to join a room, and how to stay.</summary>
public sealed record ChatRoomOptions
{
    /// <summary>
    /// Where to knock, in turn from a random one: base addresses of load balancers (<c>http://</c>, <c>https://</c>), or the address
    /// of the room's own port (<c>ws://</c>, <c>wss://</c>), as the Api tells it. The latter changes when the room moves.
    /// </summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The room's name.</summary>
    public required string Room { get; init; }

    /// <summary>The name to go by, 1–32 characters; null: a guest's.</summary>
    public string? User { get; init; }

    /// <summary>How many events of before we came to get; 0 or more.</summary>
    public int History { get; init; } = Limits.DefaultHistory;

    /// <summary>Gives a token of a private room. Asked before every connection, because tokens are short-lived.</summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>
    /// Events that wait for the reader, at most; 4 or more. Beyond it the room waits, and who fell behind what it keeps is sent on its way
    /// back. 1024 are some hundred kilobytes of chat.
    /// </summary>
    public int BufferedEvents { get; init; } = 1024;

    /// <summary>Messages that wait for their acknowledgement, at most: who says more waits for a place.</summary>
    public int PendingMessages { get; init; } = 256;

    /// <summary>How long an address may take, from the first packet to the welcome. A load balancer may hold a client while its room moves.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest pause between two rounds of attempts. The first are of 100 ms and less.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which we ask whether the room is still there; null: as often as the server pings (20 s).</summary>
    public TimeSpan? PingAfter { get; init; }

    /// <summary>Silence after which the connection is given up; null: what the server allows us (45 s). Must be longer than <see cref="PingAfter"/>.</summary>
    public TimeSpan? SilenceLimit { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Addresses.Count, nameof(Addresses));
        foreach (var address in Addresses)
        {
            if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https" or "ws" or "wss"))
                throw new ArgumentException($"{address} is not an address that begins with http://, https://, ws:// or wss://.", nameof(Addresses));
        }
        if (!RoomNames.IsValid(Room))
            throw new ArgumentException($"A room's name matches {RoomNames.Pattern}.", nameof(Room));
        if (User is not null && UserNames.Normalize(User) is null)
            throw new ArgumentException($"A user's name has 1 to {Limits.MaxUserLength} characters, none of them a control character.", nameof(User));
        ArgumentOutOfRangeException.ThrowIfNegative(History);
        // A resume begins with half of it free, and must bring the reader further than its own welcome.
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferedEvents, 4);
        ArgumentOutOfRangeException.ThrowIfLessThan(PendingMessages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PingAfter ?? MaxBackoff, TimeSpan.Zero, nameof(PingAfter));
    }
}
