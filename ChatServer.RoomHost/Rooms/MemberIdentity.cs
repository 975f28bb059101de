using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatServer.Contracts;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Who a member is, as its handshake proved.</summary>
/// <param name="Session">The client's session. A secret: a client that knows it can take the member's seat.</param>
/// <param name="Uid">The holder of the name: see <see cref="UserIds"/>.</param>
/// <param name="User">The requested name, normalized; null for a guest name.</param>
internal sealed record MemberIdentity(string Session, string Uid, string? User)
{
    /// <summary>What the member may do.</summary>
    public Permissions Permissions { get; init; } = Permissions.Read | Permissions.Write;

    /// <summary>What pages show of the member, a JSON object; null if its token has none.</summary>
    public string? Profile { get; init; }

    /// <summary>Whether the member may send messages.</summary>
    public bool MayWrite => Permissions.HasFlag(Permissions.Write);

    /// <summary>Expiry of the member's token; null without a token.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The network from which the member connected (<see cref="ClientNetwork"/>); empty if it is unknown.</summary>
    public string Network { get; init; } = "";

    private const int SessionHashBytes = 16;

    /// <summary>
    /// Identifies the seat, here and in Redis, without revealing the session: a hash of it, and after a dot the <c>uid</c> of a token. A
    /// session that is used with another <c>uid</c> has another seat.
    /// </summary>
    public string SeatKey => UserIds.IsOfSession(Uid) ? HashOf(Session) : $"{HashOf(Session)}.{Uid}";

    /// <summary>Precedes the client's id in the key of a message: ids are unique in a session of one <c>uid</c>.</summary>
    public byte[] MessageScope => Encoding.UTF8.GetBytes(UserIds.IsOfSession(Uid) ? Session : $"{Session}\0{Uid}");

    /// <summary>The identity that a token proves.</summary>
    public MemberIdentity With(JoinToken token) =>
        Renew(token) with { Uid = token.Uid, User = token.Name };

    /// <summary>The same identity, with what a newer token permits.</summary>
    public MemberIdentity Renew(JoinToken token) => this with
    {
        Permissions = token.Permissions,
        Profile = token.Profile,
        ExpiresAt = token.ExpiresAt,
    };

    /// <summary>The hash of a session in <see cref="SeatKey"/>.</summary>
    public static string HashOf(string session) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(session)).AsSpan(0, SessionHashBytes));

    /// <summary>The hash of the session in a <see cref="SeatKey"/>.</summary>
    public static string SessionHashOf(string seatKey) => seatKey.Split('.', 2)[0];

    public override string ToString() => Uid; // no secret in a log
}
