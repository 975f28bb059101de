using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>What identifies the holder of seats: a ban of the holder applies to all of it.</summary>
internal sealed record SeatHolder(string Uid, string User, IReadOnlyList<string> Sessions, IReadOnlyList<string> Networks)
{
    /// <summary>The holder of seats, which have one <c>uid</c>; null if there are none.</summary>
    public static SeatHolder? Of(IReadOnlyList<Seat> seats) => seats is not [var first, ..] ? null : new SeatHolder(
        first.Uid, first.Name, [.. seats.Select(seat => MemberIdentity.SessionHashOf(seat.Key)).Distinct()],
        [.. seats.Select(seat => seat.Member?.Join.Identity.Network).OfType<string>().Where(network => network.Length > 0).Distinct()]);
}
