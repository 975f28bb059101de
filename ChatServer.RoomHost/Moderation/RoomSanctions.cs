using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>The sanctions that apply in one room: its own, and those of all rooms. May be used on any thread.</summary>
internal sealed class RoomSanctions
{
    private volatile ActiveSanctions _ofRoom = ActiveSanctions.None;
    private volatile ActiveSanctions _ofAllRooms = ActiveSanctions.None;

    /// <summary>The sanctions of this room.</summary>
    public ActiveSanctions OfRoom
    {
        get => _ofRoom;
        set => _ofRoom = value;
    }

    /// <summary>The sanctions of all rooms.</summary>
    public ActiveSanctions OfAllRooms
    {
        get => _ofAllRooms;
        set => _ofAllRooms = value;
    }

    /// <summary>The ban that applies to a user; null if there is none.</summary>
    public ActiveSanction? FindBan(MemberIdentity identity) => _ofRoom.FindBan(identity) ?? _ofAllRooms.FindBan(identity);

    /// <summary>The mute of a user; null if there is none.</summary>
    public ActiveSanction? FindMute(string uid) => _ofRoom.FindMute(uid) ?? _ofAllRooms.FindMute(uid);
}

/// <summary>Removes members, and notifies those that were muted.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SanctionEnforcer(Presence presence, RoomSanctions sanctions)
{
    /// <summary>Applies changed sanctions to the members.</summary>
    public void Enforce()
    {
        foreach (var seat in presence.Seats.ToArray())
        {
            if (seat.Member is { } member)
                Enforce(member);
        }
    }

    /// <summary>Applies the sanctions to a member.</summary>
    public void Enforce(Member member)
    {
        if (sanctions.FindBan(member.Join.Identity) is { } ban)
        {
            Remove(member, CloseCodes.Banned, ban.Sanction.Reason ?? "banned");
            return;
        }
        var mute = sanctions.FindMute(member.Join.Identity.Uid);
        if (mute is not null && !member.IsMuteReported)
            member.Sender.Send(EventJson.Muted(mute, default));
        member.IsMuteReported = mute is not null;
    }

    /// <summary>Removes the members with a <c>uid</c>.</summary>
    public void Kick(string uid, string? reason)
    {
        foreach (var seat in presence.Seats.Where(seat => seat.Uid == uid).ToArray())
        {
            if (seat.Member is { } member)
                Remove(member, CloseCodes.Kicked, reason ?? "kicked");
        }
    }

    // The others see at once that the member left: it must not seem present for the time in which a lost connection may return.
    private void Remove(Member member, ushort code, string reason)
    {
        member.Sender.Close(code, reason, reconnect: false);
        if (member.Seat is { } seat && seat.Member == member)
            presence.GiveUp(seat);
    }
}
