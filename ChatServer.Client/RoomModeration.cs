using ChatServer.Client.Connections;
using ChatServer.Client.Log;

namespace ChatServer.Client;

/// <summary>
/// Commands of a moderator: they require a token with the permission <c>moderate</c>. Each task completes when the room has carried the
/// command out, once, however often it was sent. All members are thread-safe.
/// </summary>
/// <remarks>
/// In every method, <c>uid</c> identifies the user, who need not be present, and <c>reason</c> is shown to the user: at most 200
/// characters. Each throws <see cref="ArgumentException"/> for an invalid argument, <see cref="CommandRefusedException"/> if the room
/// refuses the command (<c>forbidden</c>, …), and <see cref="RoomClosedException"/> if the client left the room or was removed.
/// </remarks>
public sealed class RoomModeration
{
    private readonly PendingCommandQueue _commands;

    internal RoomModeration(PendingCommandQueue commands) => _commands = commands;

    /// <summary>Removes a member, which may return at once.</summary>
    public Task KickAsync(string uid, string? reason = null, CancellationToken ct = default) => RunAsync("kick", uid, null, reason, ct);

    /// <summary>Bans a user from the room.</summary>
    /// <param name="uid">The user.</param>
    /// <param name="duration">1 second to 10 years, rounded up to seconds; null: until <see cref="UnbanAsync"/>.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="ct">Cancels the attempts.</param>
    public Task BanAsync(string uid, TimeSpan? duration = null, string? reason = null, CancellationToken ct = default) =>
        RunAsync("ban", uid, duration, reason, ct);

    /// <summary>Lifts a ban.</summary>
    public Task UnbanAsync(string uid, string? reason = null, CancellationToken ct = default) => RunAsync("unban", uid, null, reason, ct);

    /// <summary>Lets a user send no messages in the room.</summary>
    /// <param name="uid">The user.</param>
    /// <param name="duration">1 second to 10 years, rounded up to seconds; null: until <see cref="UnmuteAsync"/>.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="ct">Cancels the attempts.</param>
    public Task MuteAsync(string uid, TimeSpan? duration = null, string? reason = null, CancellationToken ct = default) =>
        RunAsync("mute", uid, duration, reason, ct);

    /// <summary>Lifts a mute.</summary>
    public Task UnmuteAsync(string uid, string? reason = null, CancellationToken ct = default) => RunAsync("unmute", uid, null, reason, ct);

    private Task RunAsync(string type, string uid, TimeSpan? duration, string? reason, CancellationToken ct) =>
        _commands.RunAsync(ClientCommand.About(type, uid, duration, reason), ct);
}
