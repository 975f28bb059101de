using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace ChatServer.Contracts;

/// <summary>Posts a message in a room for a backend.</summary>
/// <param name="User">Name of the sender that members see.</param>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
/// <param name="Id">
/// Idempotency key, 1 to 64 characters: a repetition with the same uid and id is not logged again. Without it, each call posts a message.
/// </param>
/// <param name="Uid">
/// The sender to whom the message belongs, 1 to 64 characters beginning with a letter or digit, for example the <c>uid</c> of the tokens
/// that your backend issues; by default <c>@</c> and the user.
/// </param>
public sealed record SayRequest(
    [property: StringLength(Limits.MaxUserLength, MinimumLength = 1)] string User,
    [property: StringLength(Limits.MaxTextLength, MinimumLength = 1)] string Text,
    [property: StringLength(Limits.MaxIdLength, MinimumLength = 1)] string? Id = null,
    [property: StringLength(UserIds.MaxLength, MinimumLength = 1)] string? Uid = null)
{
    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() =>
        UserNames.Normalize(User) is null ? $"user is not {UserNames.Rule}"
        : !MessageTexts.IsValid(Text) ? $"text is not 1 to {Limits.MaxTextLength} characters"
        : Id is { Length: 0 } || (Id is not null && CharacterCount.Exceeds(Limits.MaxIdLength, Id))
            ? $"id is not 1 to {Limits.MaxIdLength} characters"
        : Uid is not null && !UserIds.CanExist(Uid) ? $"uid is not {UserIds.Rule}"
        : null;
}

/// <summary>Sends an announcement to one room.</summary>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
public sealed record RoomAnnouncementRequest(
    [property: StringLength(Limits.MaxTextLength, MinimumLength = 1)] string Text)
{
    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() => MessageTexts.IsValid(Text) ? null : $"text is not 1 to {Limits.MaxTextLength} characters";
}

/// <summary>Sends an announcement to all rooms, or to some.</summary>
/// <param name="Text">The text: 1 to 4,000 characters.</param>
/// <param name="Rooms">Names of at most 10,000 rooms; without it, all rooms. Rooms that do not exist are ignored.</param>
public sealed record AnnouncementRequest(
    [property: StringLength(Limits.MaxTextLength, MinimumLength = 1)] string Text,
    [property: MinLength(1), MaxLength(AnnouncementRequest.MaxRooms)] IReadOnlyList<string>? Rooms = null)
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

/// <summary>Asks for a join token.</summary>
/// <param name="User">Name that members see. The names in <c>RESERVED_NAMES</c> are allowed.</param>
/// <param name="Uid">Id of the person: 1 to 64 characters, the first a letter or a digit. Without it, <paramref name="User"/>.</param>
/// <param name="ExpiresInSeconds">Seconds from now until the token expires.</param>
/// <param name="Permissions">What the person may do; without it, read and write.</param>
/// <param name="Profile">An object of at most 1 KB that pages show, for example with an <c>avatar</c>.</param>
public sealed record TokenRequest(
    [property: StringLength(Limits.MaxUserLength, MinimumLength = 1)] string User,
    [property: StringLength(UserIds.MaxLength, MinimumLength = 1)] string? Uid = null,
    [property: Range(1, TokenRequest.MaxSeconds)] int ExpiresInSeconds = TokenRequest.DefaultSeconds,
    Permissions? Permissions = null,
    JsonElement? Profile = null)
{
    /// <summary>Default of <see cref="ExpiresInSeconds"/>: a token is used at once, and renewed on the open connection.</summary>
    public const int DefaultSeconds = 60;

    /// <summary>Maximum of <see cref="ExpiresInSeconds"/>: a day. A token cannot be revoked, only its holder banned.</summary>
    public const int MaxSeconds = 86_400;

    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() =>
        UserNames.Normalize(User) is not { } user ? $"user is not {UserNames.Rule}"
        : Uid is null && !UserIds.IsValid(user) ? "user does not begin with a letter or a digit, so a uid is required"
        : Uid is not null && !UserIds.IsValid(Uid) ? $"uid is not {UserIds.Rule}"
        : UserIds.IsOfKey(Uid ?? user) ? "uid is that of an operator"
        : ExpiresInSeconds is < 1 or > MaxSeconds ? $"expiresInSeconds is not between 1 and {MaxSeconds}"
        : Profile is { ValueKind: not JsonValueKind.Null } profile && Profiles.Normalize(profile) is null
            ? $"profile is not {Profiles.Rule}"
        : null;
}
