using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Joins at the port of a room that is about to move.</summary>
public sealed class PausedRoomTests() : RoomSpecification(null)
{
    [Fact]
    public async Task Join_during_a_pause_waits_for_its_end()
    {
        var room = await OpenAsync();
        await room.JoinAsync("user=ann");
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        using var waiting = await RawWebSocket.JoinAsync(room.Port, "/?user=bob");
        await Eventually.Async(() => room.Room.Connections == 2);
        Assert.Equal(["ann"], (await room.Room.Queries.MembersAsync()).Names);

        room.Room.Unpause();

        Assert.Contains("\"user\":\"bob\"", (await waiting.ReadFrameAsync()).Text, StringComparison.Ordinal);
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        using var refused = await RawWebSocket.JoinAsync(room.Port, "/?user=carl");
        await Eventually.Async(() => room.Room.Connections == 3);
        await room.Room.CloseAsync(1001, "moved", reconnect: true, TimeSpan.FromSeconds(5));
        // The member gets no welcome, because its seat is not saved and the next host would not know it.
        Assert.Contains("\"closing\"", (await refused.ReadFrameAsync()).Text, StringComparison.Ordinal);
    }
}
