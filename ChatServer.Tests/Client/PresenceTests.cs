using ChatServer.Client;

namespace ChatServer.Tests.Client;

public sealed class PresenceTests : ScriptedTests
{
    [Fact]
    public async Task Presence_event_has_the_names_of_members_that_joined_and_left()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.SendAsync(new { type = "presence", count = 2, joined = new[] { "bob" }, left = new[] { "eve" } });
        var presence = await joined.Reader.NextAsync<PresenceChanged>();
        Assert.Equal((2, "bob", "eve"), (presence.Count, Assert.Single(presence.Joined), Assert.Single(presence.Left)));
        Assert.Null(presence.Members);
    }

    [Fact]
    public async Task Presence_event_of_a_room_that_has_moved_has_the_names_of_all_members()
    {
        await using var joined = await JoinAsync();
        string[] nobody = [], everybody = ["ada", "bob"];
        await joined.Seat.SendAsync(new { type = "presence", count = 2, joined = nobody, left = nobody, members = everybody });
        var presence = await joined.Reader.NextAsync<PresenceChanged>();
        Assert.Equal(everybody, presence.Members);
        Assert.Empty(presence.Joined);
    }

    [Fact]
    public async Task Room_event_changes_the_title_and_reports_what_changed()
    {
        await using var joined = await JoinAsync();
        await joined.Seat.SendAsync(new { type = "room", slowModeSeconds = 10 });
        Assert.Equal(new RoomChanged(null, 10, null), await joined.Reader.NextAsync<RoomChanged>());
        await joined.Seat.SendAsync(new { type = "room", title = "Tea", maxMembers = 5 });
        Assert.Equal(new RoomChanged("Tea", null, 5), await joined.Reader.NextAsync<RoomChanged>());
        Assert.Equal("Tea", joined.Client.Title);
    }
}
