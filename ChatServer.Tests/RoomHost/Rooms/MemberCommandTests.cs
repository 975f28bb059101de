using System.Collections.Concurrent;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;
using ChatServer.Tokens;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The order of the commands of one member, and how many may be pending.</summary>
public sealed class MemberCommandTests : IAsyncLifetime
{
    // As many as a member may have at a room.
    private const int MaxPending = 128;

    private readonly HeldCommands _commands = new();
    private RoomsHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RoomsHost.StartAsync(RoomsHost.Defaults with { MessageBurst = 1000 });

    public async ValueTask DisposeAsync()
    {
        _commands.Release();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Command_starts_when_the_previous_one_has_ended()
    {
        var moderator = await JoinAsync();
        await moderator.SendAsync(new { type = "ban", id = "1", uid = "someone" });
        await moderator.SendAsync(new { type = "unban", id = "2", uid = "someone" });
        await moderator.SendAsync(new { type = "ping", id = "3" });
        await moderator.NextAsync(e => e["id"] == "3", "the answer to the ping: all frames were read");
        Assert.Equal(["ban starts"], _commands.Steps);

        _commands.Release();
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "2", "the answer to the second command");
        Assert.Equal(["ban starts", "ban ends", "unban starts", "unban ends"], _commands.Steps);
    }

    [Fact]
    public async Task Command_that_fails_does_not_stop_those_after_it()
    {
        var moderator = await JoinAsync();
        _commands.Fail(new InvalidOperationException("A defect."));
        await moderator.SendAsync(new { type = "ban", id = "1", uid = "someone" });
        await moderator.SendAsync(new { type = "unban", id = "2", uid = "someone" });
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "2", "the answer to the second command");
    }

    [Fact]
    public async Task Command_is_refused_while_too_many_are_pending_and_accepted_later()
    {
        var moderator = await JoinAsync();
        for (var i = 0; i <= MaxPending; i++)
            await moderator.SendAsync(new { type = "kick", id = $"{i}", uid = "someone" });
        var refused = await moderator.NextAsync("error");
        Assert.Equal((RoomErrorCodes.Unavailable, $"{MaxPending}"), (refused["code"], refused["id"]));

        _commands.Release();
        Assert.Equal(
            Enumerable.Range(0, MaxPending).Select(i => $"{i}"), (await moderator.NextAsync("done", MaxPending)).Select(e => e["id"]!));
        await moderator.SendAsync(new { type = "kick", id = "later", uid = "someone" });
        Assert.Equal("later", (await moderator.NextAsync("done"))["id"]);
    }

    private async Task<RoomClient> JoinAsync()
    {
        var room = await _host.OpenAsync(commands: _commands);
        var token = TokenSigner.OfApiKey(RoomsHost.Key, TimeProvider.System).Sign(
            new("mod-1", "Moderator", RoomPattern.Parse(room.Name)!, DateTimeOffset.UtcNow.AddMinutes(1))
            {
                Permissions = Permissions.Read | Permissions.Write | Permissions.Moderate,
            });
        return await room.JoinAsync($"token={token}");
    }

    /// <summary>Commands that do not end before the test releases them.</summary>
    private sealed class HeldCommands : IMemberCommands
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _failure;

        public ConcurrentQueue<string> Steps { get; } = new();

        public void Release() => _released.TrySetResult();

        /// <summary>The first command fails, the others end at once.</summary>
        public void Fail(Exception failure)
        {
            _failure = failure;
            Release();
        }

        public async Task<CommandOutcome> ExecuteAsync(Room room, MemberIdentity sender, MemberCommand command)
        {
            Steps.Enqueue($"{command.Type} starts");
            await _released.Task;
            if (Interlocked.Exchange(ref _failure, null) is { } failure)
                throw failure;
            Steps.Enqueue($"{command.Type} ends");
            return new CommandOutcome(Error: null);
        }
    }
}
