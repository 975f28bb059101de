using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;

namespace ChatServer.Backplane.Moderation;

/// <summary>The effect of a sanction.</summary>
public enum SanctionKind
{
    /// <summary>The user cannot join.</summary>
    Ban,

    /// <summary>The user can join and read, but send no messages.</summary>
    Mute,
}

/// <summary>A ban or a mute of a user, in one room or in all rooms.</summary>
/// <param name="Kind">Its effect.</param>
/// <param name="Uid">The user: see <see cref="UserIds"/>.</param>
/// <param name="By">Who imposed it: the <c>uid</c> of a moderator, or the fingerprint of a key.</param>
/// <param name="CreatedAt">When it was imposed.</param>
public sealed record Sanction(SanctionKind Kind, string Uid, string By, DateTimeOffset CreatedAt)
{
    private const string BanPrefix = "ban:", MutePrefix = "mute:";

    /// <summary>The name that the user had; null if it is unknown.</summary>
    public string? User { get; init; }

    /// <summary>Hashes of the sessions that the user had: a ban applies to them too, with or without a token.</summary>
    public IReadOnlyList<string> Sessions { get; init; } = [];

    /// <summary>The networks from which the user was connected, if a ban applies to them.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>The reason, for people; null if none was stated.</summary>
    public string? Reason { get; init; }

    /// <summary>When it ends, by Redis' clock; null: never.</summary>
    [JsonIgnore]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Members that a newer process wrote: a host that restores the sanction writes them again.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }

    internal string Field => FieldOf(Kind, Uid);

    internal static string FieldOf(SanctionKind kind, string uid) => (kind == SanctionKind.Ban ? BanPrefix : MutePrefix) + uid;

    internal string Serialize() => BackplaneJson.Write(this);

    /// <summary>Parses a value of <c>moderate.lua</c>: the expiry in Unix ms, or 0, a space, and the sanction in JSON.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    internal static Sanction Parse(string value)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !long.TryParse(value.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var expiry)
            || BackplaneJson.TryRead<Sanction>(value[(space + 1)..]) is not { } sanction)
            throw new InvalidDataException("A sanction is malformed.");
        return sanction with { ExpiresAt = expiry == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(expiry) };
    }
}

/// <summary>The sanctions of a room, or of all rooms.</summary>
/// <param name="ReadAt">When they were read, by Redis' clock.</param>
/// <param name="Version">Increases with each change.</param>
/// <param name="InForce">Those that have not expired.</param>
public sealed record SanctionSet(DateTimeOffset ReadAt, long Version, IReadOnlyList<Sanction> InForce)
{
    /// <summary>No sanctions.</summary>
    public static SanctionSet None { get; } = new(DateTimeOffset.UnixEpoch, 0, []);
}

/// <summary>The outcome of a change of sanctions.</summary>
public enum ModerationResult
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>A command with this id was carried out before.</summary>
    Repeated,

    /// <summary>There are <see cref="SanctionStore.MaxSanctions"/> sanctions in force.</summary>
    TooMany,

    /// <summary>There is no such room.</summary>
    NoRoom,
}
