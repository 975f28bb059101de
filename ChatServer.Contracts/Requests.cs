namespace ChatServer.Contracts;

/// <summary>Posts a message in a room for a backend.</summary>
/// <param name="User">Name of the sender that members see.</param>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
/// <param name="Id">
/// Idempotency key, 1 to 64 characters: a repetition with the same user and id is not logged again. Without it, each call posts a message.
/// </param>
public sealed record SayRequest(string User, string Text, string? Id = null)
{
    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() =>
        UserNames.Normalize(User) is null ? $"user is not {UserNames.Rule}"
        : !MessageTexts.IsValid(Text) ? $"text is not 1 to {Limits.MaxTextLength} characters"
        : Id is { Length: 0 } || (Id is not null && CharacterCount.Exceeds(Limits.MaxIdLength, Id))
            ? $"id is not 1 to {Limits.MaxIdLength} characters"
        : null;
}

/// <summary>Sends an announcement to one room.</summary>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
public sealed record RoomAnnouncementRequest(string Text)
{
    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() => MessageTexts.IsValid(Text) ? null : $"text is not 1 to {Limits.MaxTextLength} characters";
}

/// <summary>Sends an announcement to all rooms, or to some.</summary>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
/// <param name="Rooms">Names of at most 10,000 rooms; without it, all rooms. Rooms that do not exist are ignored.</param>
public sealed record AnnouncementRequest(string Text, IReadOnlyList<string>? Rooms = null)
{
    /// <summary>Maximum number of rooms in a request.</summary>
    public const int MaxRooms = 10_000;

    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() =>
        !MessageTexts.IsValid(Text) ? $"text is not 1 to {Limits.MaxTextLength} characters"
        : Rooms is { Count: 0 } ? "rooms is empty; leave it out to reach every room"
        : Rooms is { Count: > MaxRooms } ? $"rooms names more than {MaxRooms}"
        : Rooms?.All(RoomNames.IsValid) == false ? "rooms has a name that no room can have"
        : null;
}
