using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;

namespace ChatServer.Admin;

/// <summary>Describes rooms for operators: the record in the directory, and the members, which only the room's host knows.</summary>
/// <param name="commands">Asks the hosts.</param>
/// <param name="addresses">Addresses of rooms.</param>
internal sealed class RoomDescriber(RoomCommands commands, RoomAddresses addresses)
{
    /// <summary>Commands in flight: enough for a page within a moment, few enough for one host.</summary>
    private const int MaxParallelCommands = 32;

    /// <summary>Describes one room.</summary>
    public async Task<AdminRoomDescription> DescribeAsync(RoomRecord room, CancellationToken ct) =>
        await FindMembersAsync(room, ct) is { } members
            ? AdminRoomDescription.Of(room.Describe(addresses.LoadBalancer), members.Names, members.People)
            : AdminRoomDescription.Of(room.Describe(addresses.LoadBalancer), null, null);

    /// <summary>Describes a page of rooms, in their order. Hosts of rooms without members are not asked.</summary>
    public async Task<IReadOnlyList<AdminRoomDescription>> DescribeAsync(IReadOnlyList<RoomRecord> rooms, CancellationToken ct)
    {
        var descriptions = new AdminRoomDescription[rooms.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxParallelCommands, CancellationToken = ct };
        await Parallel.ForAsync(0, rooms.Count, options, async (i, stop) => descriptions[i] = rooms[i].Members == 0
            ? AdminRoomDescription.Of(rooms[i].Describe(addresses.LoadBalancer), [], [])
            : await DescribeAsync(rooms[i], stop));
        return descriptions;
    }

    /// <summary>Null if the room has members and its host did not answer.</summary>
    private async Task<MembersReply?> FindMembersAsync(RoomRecord room, CancellationToken ct) =>
        await commands.AskAsync(new MembersCommand(room.Name), ct) as MembersReply
        ?? (room.Members == 0 ? new MembersReply("", 0, [], []) : null);
}
