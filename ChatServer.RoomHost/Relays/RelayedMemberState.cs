using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>
/// What a host needs to seat a member that joined an earlier host. A load balancer keeps it and returns it when it attaches.
/// </summary>
internal sealed record RelayedMemberState(string Session, string Uid, string User)
{
    public Permissions Permissions { get; init; } = Permissions.Read | Permissions.Write;

    public string? Profile { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string Network { get; init; } = "";

    public static RelayedMemberState Of(Member member) => new(member.Join.Identity.Session, member.Seat!.Uid, member.Seat.Name)
    {
        Permissions = member.Join.Identity.Permissions,
        Profile = member.Join.Identity.Profile,
        ExpiresAt = member.Join.Identity.ExpiresAt,
        Network = member.Join.Identity.Network,
    };

    /// <summary>Parses the form that <see cref="ToString"/> returns.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static RelayedMemberState Parse(string state)
    {
        try
        {
            if (JsonSerializer.Deserialize<RelayedMemberState>(state) is { Session: not null, Uid: not null, User: not null } parsed)
                return parsed;
        }
        catch (JsonException)
        {
            // Reported below.
        }
        throw new FormatException("The state of a member is malformed.");
    }

    public AdmittedJoin ToJoin() => new(
        new MemberIdentity(Session, Uid, User)
        {
            Permissions = Permissions,
            Profile = Profile,
            ExpiresAt = ExpiresAt,
            Network = Network,
        },
        Since: null, History: 0);

    public override string ToString() => JsonSerializer.Serialize(this);
}
