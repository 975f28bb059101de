using ChatServer.Backplane;
using ChatServer.Contracts;

namespace ChatServer.Admin;

/// <summary>Rooms as an operator sees them: what the directory knows, and the members' names, which only the room's host knows.</summary>
/// <param name="commands">Asks the hosts.</param>
/// <param name="loadBalancer">Through which rooms are reached; null: at their own ports.</param>
internal sealed class RoomDescriber(RoomCommands commands, Uri? loadBalancer)
{
    /// <summary>Questions under way at a time: enough to be done with a page in a moment, few enough not to swamp a host.</summary>
    private const int MaxParallelCommands = 32;

    /// <summary>Where the addresses of rooms may lead, as sources of <c>connect-src</c>.</summary>
    public IReadOnlyList<string> SocketSources { get; } =
        loadBalancer is null ? ["ws:", "wss:"] : [new Uri(RoomUrls.Through(loadBalancer, "")).GetLeftPart(UriPartial.Authority)];

    /// <summary>Describes one room.</summary>
    public async Task<AdminRoomDescription> DescribeAsync(RoomRecord room, CancellationToken ct) =>
        AdminRoomDescription.Of(room.Describe(loadBalancer), await MemberNamesAsync(room, ct));

    /// <summary>Describes a page of rooms, in their order. Rooms that reported no members are not asked for their names.</summary>
    public async Task<IReadOnlyList<AdminRoomDescription>> DescribeAsync(IReadOnlyList<RoomRecord> rooms, CancellationToken ct)
    {
        var described = new AdminRoomDescription[rooms.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxParallelCommands, CancellationToken = ct };
        await Parallel.ForAsync(0, rooms.Count, options, async (i, stop) => described[i] = rooms[i].Members == 0
            ? AdminRoomDescription.Of(rooms[i].Describe(loadBalancer), [])
            : await DescribeAsync(rooms[i], stop));
        return described;
    }

    /// <summary>Null: there should be some, and the host did not say.</summary>
    private async Task<IReadOnlyList<string>?> MemberNamesAsync(RoomRecord room, CancellationToken ct) =>
        await commands.AskAsync(new MembersCommand(room.Name), ct) is MembersReply told ? told.Names
        : room.Members == 0 ? []
        : null;
}
