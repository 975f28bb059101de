using System.Text.Json;
using ChatServer.Client;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>Deletions and commands of moderators, up to the answer of the room.</summary>
public sealed class CommandTests : ScriptedTests
{
    [Fact]
    public async Task Command_without_an_answer_is_sent_again_with_its_id_and_completed_by_done()
    {
        await using var joined = await JoinAsync();
        var muting = joined.Client.Moderation.MuteAsync("mallory", TimeSpan.FromSeconds(60), "Spam.");
        var first = await joined.Seat.HearAsync();
        Assert.Equal(
            ("mute", "mallory", 60, "Spam."),
            (Text(first, "type"), Text(first, "uid"), first.GetProperty("seconds").GetInt32(), Text(first, "reason")));
        joined.Seat.Break();

        var seat = await Room.SeatAsync(0, resumed: true);
        Assert.Equal(first.GetRawText(), (await seat.HearAsync()).GetRawText());
        Assert.False(muting.IsCompleted);
        await seat.SendAsync(new { type = "done", id = Text(first, "id") });
        await muting.WaitAsync(Eventually.Timeout);
    }

    [Fact]
    public async Task Deletion_is_completed_by_its_event()
    {
        await using var joined = await JoinAsync(seq: 7);
        var deleting = joined.Client.DeleteAsync(3);
        var command = await joined.Seat.HearAsync();
        Assert.Equal(("delete", 3), (Text(command, "type"), command.GetProperty("target").GetInt32()));
        await joined.Seat.SendAsync(
            new { type = "deleted", seq = 8, time = "2026-01-31T23:59:59.999Z", target = 3, by = "author", id = Text(command, "id") });
        await deleting.WaitAsync(Eventually.Timeout);
        Assert.Equal(3, (await joined.Reader.NextAsync<Deleted>()).Target);
    }

    [Fact]
    public async Task Temporary_refusal_repeats_the_command_and_a_permanent_one_fails_it()
    {
        await using var joined = await JoinAsync();
        var banning = joined.Client.Moderation.BanAsync("mallory");
        await joined.Seat.ErrorAsync("unavailable", await joined.Seat.HearAsync(), retryAfterMs: 1);
        await joined.Seat.ErrorAsync("forbidden", await joined.Seat.HearAsync());
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => banning.WaitAsync(Eventually.Timeout));
        Assert.Equal("forbidden", refused.Code);
    }

    [Fact]
    public async Task Command_fails_when_the_client_leaves_and_invalid_arguments_are_not_sent()
    {
        var joined = await JoinAsync();
        var moderation = joined.Client.Moderation;
        await Assert.ThrowsAsync<ArgumentException>("uid", () => moderation.KickAsync("~short"));
        await Assert.ThrowsAsync<ArgumentException>("duration", () => moderation.MuteAsync("mallory", TimeSpan.Zero));
        await Assert.ThrowsAsync<ArgumentException>("reason", () => moderation.UnbanAsync("mallory", "two\nlines"));
        var kicking = moderation.KickAsync("mallory");
        await joined.Seat.HearAsync();
        await joined.DisposeAsync();
        await Assert.ThrowsAsync<RoomClosedException>(() => kicking.WaitAsync(Eventually.Timeout));
        await Assert.ThrowsAsync<RoomClosedException>(() => moderation.UnmuteAsync("mallory"));
    }

    private static string? Text(JsonElement frame, string member) => frame.GetProperty(member).GetString();
}
