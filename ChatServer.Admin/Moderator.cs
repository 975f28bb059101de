using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;

namespace ChatServer.Admin;

/// <summary>The outcome of a moderation call: the user, or a problem.</summary>
internal sealed record Moderation(string? Uid, int Status = StatusCodes.Status202Accepted, string? Code = null, string? Detail = null)
{
    public static Moderation Problem(int status, string code, string detail) => new(null, status, code, detail);
}

/// <summary>Kicks, bans and mutes users for an operator.</summary>
/// <remarks>In every method, <c>room</c> is the name of a room; null: all rooms.</remarks>
internal sealed class Moderator(RoomDirectory rooms, RoomCommands commands, HostDirectory hosts, SanctionStore store, TimeProvider time)
{
    // The audit trail has the key.
    private const string Operator = "operator";

    private static readonly Moderation HostUnavailable = Moderation.Problem(
        StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable, "The host of the room did not answer.");

    /// <summary>Removes a member of a room; it may join again.</summary>
    public async Task<Moderation> KickAsync(string room, ModerationRequest request, CancellationToken ct)
    {
        var (holder, problem) = await FindAsync(room, request, ct);
        if (problem is not null) return problem;
        return await commands.AskAsync(new KickCommand(room, holder.Uid!, request.Reason), ct) is FoundMemberReply
            ? new Moderation(holder.Uid)
            : HostUnavailable;
    }

    /// <summary>Bans or mutes a user.</summary>
    public async Task<Moderation> ImposeAsync(SanctionKind kind, string? room, ModerationRequest request, CancellationToken ct)
    {
        var (holder, problem) = await FindAsync(room, request, ct);
        if (problem is not null) return problem;
        var sanction = new Sanction(kind, holder.Uid!, Operator, time.GetUtcNow())
        {
            User = holder.User,
            Sessions = kind == SanctionKind.Ban ? holder.Sessions : [],
            Networks = kind == SanctionKind.Ban && request.Address ? holder.Networks : [],
            Reason = request.Reason,
        };
        return ToModeration(await store.ImposeAsync(room, sanction, request.Lifetime), room, holder.Uid!);
    }

    /// <summary>Lifts a ban or mute. A <c>user</c> is the name that the user had when it was imposed.</summary>
    public async Task<Moderation> LiftAsync(SanctionKind kind, string? room, ModerationRequest request, CancellationToken ct)
    {
        if (room is not null && await rooms.FindVisibleAsync(room, ct) is null) return NoRoom(room);
        var uid = request.Uid ?? await FindSanctionedAsync(kind, room, UserNames.Normalize(request.User)!, ct);
        return uid is null ? NoMember(request.User!) : ToModeration(await store.LiftAsync(room, kind, uid), room, uid);
    }

    /// <summary>The sanctions in force; null if there is no such room.</summary>
    public async Task<SanctionList?> ListAsync(string? room, CancellationToken ct)
    {
        if (room is not null && await rooms.FindVisibleAsync(room, ct) is null) return null;
        var all = (await ReadAsync(null, ct)).Concat(room is null ? [] : await ReadAsync(room, ct))
            .OrderByDescending(sanction => sanction.Description.CreatedAt)
            .ToLookup(sanction => sanction.Kind, sanction => sanction.Description);
        return new SanctionList([.. all[SanctionKind.Ban]], [.. all[SanctionKind.Mute]]);
    }

    private async Task<IEnumerable<(SanctionKind Kind, SanctionDescription Description)>> ReadAsync(string? room, CancellationToken ct) =>
        (await store.ReadAsync(room, ct)).InForce.Select(sanction => (
            sanction.Kind,
            new SanctionDescription(
                sanction.Uid, sanction.User, room, sanction.Networks.Count > 0, sanction.Reason, sanction.By, sanction.CreatedAt,
                sanction.ExpiresAt)));

    // A user is known by name to the hosts only. A user that is stated by uid need not be present: then nothing else is known.
    private async Task<(FoundMemberReply Holder, Moderation? Problem)> FindAsync(
        string? room, ModerationRequest request, CancellationToken ct)
    {
        var user = UserNames.Normalize(request.User);
        var nobody = new FoundMemberReply("", request.Uid, null, [], []);
        if (room is null) return await FindAnywhereAsync(user, request.Uid, nobody, ct);
        if (await rooms.FindVisibleAsync(room, ct) is null) return (nobody, NoRoom(room));
        return await commands.AskAsync(new FindMemberCommand(room, user, request.Uid), ct) switch
        {
            FoundMemberReply { Uid: not null } found => (found, null),
            FoundMemberReply when user is not null => (nobody, NoMember(user)),
            null or RefusedReply when user is not null => (nobody, HostUnavailable),
            _ => (nobody, null),
        };
    }

    private async Task<(FoundMemberReply Holder, Moderation? Problem)> FindAnywhereAsync(
        string? user, string? uid, FoundMemberReply nobody, CancellationToken ct)
    {
        var asked = (await hosts.ListAsync(ct)).Select(host => commands.AskHostAsync(host.Id, new FindAnywhereCommand(user, uid), ct));
        var found = (await Task.WhenAll(asked)).OfType<FoundAnywhereReply>().SelectMany(reply => reply.Members)
            .GroupBy(member => member.Uid, StringComparer.Ordinal).ToList();
        if (found.Count > 1)
        {
            return (nobody, Moderation.Problem(
                StatusCodes.Status409Conflict, ErrorCodes.AmbiguousUser,
                $"{found.Count} members of different rooms are named {user}; state the uid."));
        }
        if (found.Count == 0) return (nobody, user is null ? null : NoMember(user));
        return (new FoundMemberReply(
            "", found[0].Key, found[0].First().User, [.. found[0].SelectMany(m => m.Sessions).Distinct()],
            [.. found[0].SelectMany(m => m.Networks).Distinct()]), null);
    }

    private async Task<string?> FindSanctionedAsync(SanctionKind kind, string? room, string user, CancellationToken ct) =>
        (await store.ReadAsync(room, ct)).InForce.FirstOrDefault(sanction => sanction.Kind == kind && sanction.User is { } name
            && UserNames.KeyOf(name) == UserNames.KeyOf(user))?.Uid;

    private static Moderation ToModeration(ModerationResult result, string? room, string uid) => result switch
    {
        ModerationResult.NoRoom => NoRoom(room!),
        ModerationResult.TooMany => Moderation.Problem(
            StatusCodes.Status409Conflict, ErrorCodes.TooManySanctions, $"There are {SanctionStore.MaxSanctions} bans and mutes in force."),
        _ => new Moderation(uid),
    };

    private static Moderation NoRoom(string room) =>
        Moderation.Problem(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {room}.");

    private static Moderation NoMember(string user) =>
        Moderation.Problem(StatusCodes.Status404NotFound, ErrorCodes.NoSuchMember, $"There is no member {user}.");
}
