using ChatServer.Contracts;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A member sends a newer token on its open connection. It must be for the same person and this room, and must not expire earlier than the
/// current one: an older token could have permissions that were taken away. A refused renewal closes the member.
/// </summary>
/// <param name="room">The room.</param>
/// <param name="member">The member.</param>
/// <param name="frame">Number of its frame.</param>
/// <param name="escapedId">Id of its frame; empty for none.</param>
internal sealed class TokenRenewal(Room room, Member member, uint frame, byte[] escapedId)
{
    /// <summary>Verifies the token and applies it in the room's turn.</summary>
    /// <param name="previous">The member's previous renewal, which comes first.</param>
    /// <param name="token">The token.</param>
    public async Task RunAsync(Task previous, string token)
    {
        await previous;
        var result = room.Tokens is { } tokens ? await tokens.VerifyAsync(token, room.Record.Name) : TokenRefusal.Unavailable;
        room.Post(() => Apply(result));
    }

    private void Apply(TokenResult result)
    {
        if (result.Refusal == TokenRefusal.Unavailable)
        {
            member.Sender.Send(EventJson.Error(RoomErrorCodes.Unavailable, result.Refusal.Describe(), escapedId));
        }
        else if (result.Token is { } token && IsNewer(token, member.Join.Identity))
        {
            room.Renew(member, token);
            if (escapedId.Length > 0)
                member.Sender.Send(EventJson.Done(escapedId));
        }
        else
        {
            member.Sender.Close(CloseCodes.Banned, "token-refused", reconnect: false);
        }
        member.Sender.Acknowledge(frame);
    }

    // The same expiry: the token is sent again after its host was lost.
    private static bool IsNewer(JoinToken token, MemberIdentity identity) =>
        token.Uid == identity.Uid && identity.ExpiresAt is { } current && token.ExpiresAt >= current;
}
