namespace ChatServer.Contracts;

/// <summary>Says something in a room on behalf of a backend.</summary>
/// <param name="User">Whom the members see as its sender.</param>
/// <param name="Text">What is said: 1 to 4,000 characters.</param>
/// <param name="Id">1 to 64 characters of the caller's choice; said again with the same user and id, it is not logged twice. Without one, each call says it anew.</param>
public sealed record SayRequest(string User, string Text, string? Id = null)
{
    /// <summary>The first rule that this request breaks, or null when it is in order.</summary>
    public string? Validate() =>
        UserNames.Normalize(User) is null ? $"user is not {UserNames.Rule}"
        : !MessageTexts.IsValid(Text) ? $"text is not 1 to {Limits.MaxTextLength} characters"
        : Id is { Length: 0 } || (Id is not null && CharacterCount.Exceeds(Limits.MaxIdLength, Id))
            ? $"id is not 1 to {Limits.MaxIdLength} characters"
        : null;
}

/// <summary>Announces something in one room.</summary>
/// <param name="Text">What is said: 1 to 4,000 characters.</param>
public sealed record RoomAnnouncementRequest(string Text)
{
    /// <summary>The first rule that this request breaks, or null when it is in order.</summary>
    public string? Validate() => MessageTexts.IsValid(Text) ? null : $"text is not 1 to {Limits.MaxTextLength} characters";
}

/// <summary>Announces something in every room, or in some.</summary>
/// <param name="Text">What is said: 1 to 4,000 characters.</param>
/// <param name="Rooms">The rooms to say it in, at most 10,000; without it, all there are. Those that do not exist are passed over.</param>
public sealed record AnnouncementRequest(string Text, IReadOnlyList<string>? Rooms = null)
{
    /// <summary>Most rooms that can be named: more of them, and the announcement is meant for all.</summary>
    public const int MaxRooms = 10_000;

    /// <summary>The first rule that this request breaks, or null when it is in order.</summary>
    public string? Validate() =>
        !MessageTexts.IsValid(Text) ? $"text is not 1 to {Limits.MaxTextLength} characters"
        : Rooms is { Count: 0 } ? "rooms is empty; leave it out to reach every room"
        : Rooms is { Count: > MaxRooms } ? $"rooms names more than {MaxRooms}"
        : Rooms?.All(RoomNames.IsValid) == false ? "rooms has a name that no room can have"
        : null;
}
