using ChatServer.Contracts;

namespace ChatServer.Tokens;

/// <summary>What a join token states: who may join which rooms, until when, and what for. From a verifier, it is verified.</summary>
/// <param name="Uid">Claim <c>sub</c>: the id of the person (<see cref="UserIds"/>).</param>
/// <param name="Name">Claim <c>name</c>: the name that members see (<see cref="UserNames"/>).</param>
/// <param name="Room">Claim <c>room</c>: the rooms that the token opens.</param>
/// <param name="ExpiresAt">Claim <c>exp</c>, in whole seconds. The token is accepted for <see cref="ClockSkew"/> longer.</param>
public sealed record JoinToken(string Uid, string Name, RoomPattern Room, DateTimeOffset ExpiresAt)
{
    /// <summary>What a token without the claim <c>permissions</c> allows.</summary>
    public const Permissions DefaultPermissions = Permissions.Read | Permissions.Write;

    /// <summary>Maximum length of a token, in characters: it fits into a query, whose limit is 8 KiB.</summary>
    public const int MaxLength = 6 * 1024;

    /// <summary>How far the clocks of issuer and verifier may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Claim <c>permissions</c>.</summary>
    public Permissions Permissions { get; init; } = DefaultPermissions;

    /// <summary>Claim <c>profile</c>, as JSON (<see cref="Profiles"/>); null if there is none.</summary>
    public string? Profile { get; init; }
}
