using System.ComponentModel.DataAnnotations;

namespace ChatServer.Contracts;

/// <summary>A kick, ban or mute, or the end of a ban or mute.</summary>
/// <param name="User">The name of a member; either this or <paramref name="Uid"/> is required.</param>
/// <param name="Uid">The <c>uid</c> of a user, who need not be present.</param>
/// <param name="Seconds">How long a ban or mute is in force, at most ten years; without it, until it is lifted.</param>
/// <param name="Reason">The reason, which the user sees: 1 to 200 characters without control characters.</param>
/// <param name="Address">
/// Whether a ban also applies to the addresses from which the user is connected now: each IPv4 address, and the first 64 bits of each IPv6
/// address. Others in the same network are then banned too.
/// </param>
public sealed record ModerationRequest(
    [property: StringLength(Limits.MaxUserLength, MinimumLength = 1)] string? User = null,
    [property: StringLength(UserIds.MaxLength, MinimumLength = 1)] string? Uid = null,
    [property: Range(1d, ModerationRequest.MaxSeconds)] long? Seconds = null,
    [property: StringLength(ModerationRequest.MaxReasonLength, MinimumLength = 1)] string? Reason = null,
    bool Address = false)
{
    /// <summary>Maximum length of a reason, in characters.</summary>
    public const int MaxReasonLength = 200;

    /// <summary>Maximum of <see cref="Seconds"/>: ten years.</summary>
    public const long MaxSeconds = 10L * 366 * 24 * 60 * 60;

    /// <summary>How long a ban or mute is in force; null: until it is lifted.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan? Lifetime => Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The first rule that the request violates; null if it is valid.</summary>
    public string? Validate() =>
        User is null == Uid is null ? "exactly one of user and uid is required"
        : User is not null && UserNames.Normalize(User) is null ? $"user is not {UserNames.Rule}"
        : Uid is not null && !UserIds.CanExist(Uid) ? "uid is not one that a user can have"
        : ValidateTerms(Seconds, Reason);

    /// <summary>The rule that a duration or a reason violates; null if they are valid.</summary>
    public static string? ValidateTerms(long? seconds, string? reason) =>
        seconds is < 1 or > MaxSeconds ? $"seconds is not 1 to {MaxSeconds}"
        : reason is not null && (reason.Length == 0 || CharacterCount.Exceeds(MaxReasonLength, reason) || reason.Any(char.IsControl))
            ? $"reason is not 1 to {MaxReasonLength} characters without control characters"
        : null;
}

/// <summary>The user to whom a moderation call applied.</summary>
public sealed record Moderated(string Uid);

/// <summary>A ban or mute in force.</summary>
/// <param name="Uid">The user.</param>
/// <param name="User">The name that the user had; null if it is unknown.</param>
/// <param name="Room">The room; null: all rooms.</param>
/// <param name="Address">Whether a ban also applies to addresses of the user.</param>
/// <param name="Reason">The reason; null if none was stated.</param>
/// <param name="By">Who imposed it: the fingerprint of a key, or the <c>uid</c> of a moderator.</param>
/// <param name="CreatedAt">When it was imposed.</param>
/// <param name="ExpiresAt">When it ends; null: when it is lifted.</param>
public sealed record SanctionDescription(
    string Uid, string? User, string? Room, bool Address, string? Reason, string By, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>The bans and mutes in force, the newest first.</summary>
public sealed record SanctionList(IReadOnlyList<SanctionDescription> Bans, IReadOnlyList<SanctionDescription> Mutes);
