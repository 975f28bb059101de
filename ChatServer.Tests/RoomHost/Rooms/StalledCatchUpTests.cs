using System.Text;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>A member that requests its history and does not read it, but answers pings.</summary>
public sealed class StalledCatchUpTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    private static readonly ChatServer.RoomHost.RoomHostOptions Options =
        RoomsHost.Defaults with { RoomBufferBytes = 256 * 1024, MessagesPerSecond = 0 };

    [Fact]
    public async Task Member_is_closed_with_1013_when_the_room_is_a_buffer_ahead()
    {
        var room = await OpenAsync(host: Options, time: new FakeTimeProvider());
        var ann = await FillAsync(room);
        using var stalled = await RawWebSocket.JoinAsync(
            room.Port, "/?user=stalled&history=1000", socket => socket.ReceiveBufferSize = 4096);
        await Eventually.Async(() => room.Room.Connections, count => count == 2);
        // The member stalls some time after it joined: the room must be a buffer ahead of that.
        await Eventually.Async(
            async () =>
            {
                for (var i = 0; i < 25; i++) // 100 KB
                    await ann.SayAsync(new string('y', 4000));
                return await IsAnyClosingAsync(room);
            },
            isClosing => isClosing);

        Assert.Equal(1013, await stalled.ReadCloseCodeAsync());
    }

    [Fact]
    public async Task Member_of_a_quiet_room_is_closed_with_1013_after_the_time_of_silence()
    {
        var time = new FakeTimeProvider();
        var start = time.GetUtcNow();
        var room = await OpenAsync(host: Options, time: time);
        var ann = await FillAsync(room);
        using var stalled = await RawWebSocket.JoinAsync(
            room.Port, "/?user=stalled&history=1000", socket => socket.ReceiveBufferSize = 4096);
        await Eventually.Async(() => room.Room.Connections, count => count == 2);
        await Eventually.Async(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                await stalled.SendBytesAsync(RawWebSocket.Frame(0x8A, Encoding.ASCII.GetBytes("pong")));
                await ann.CatchUpAsync();
                return await IsAnyClosingAsync(room);
            },
            isClosing => isClosing);

        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(120));
        Assert.Equal(1013, await stalled.ReadCloseCodeAsync());
    }

    private static Task<bool> IsAnyClosingAsync(OpenRoom room)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Room.Post(() => answer.SetResult(room.Room.Broadcaster.Members.ToArray().Any(member => member.IsClosing)));
        return answer.Task;
    }

    // More than a socket takes.
    private static async Task<RoomClient> FillAsync(OpenRoom room)
    {
        var ann = await room.JoinAsync("user=ann");
        for (var i = 0; i < 1000; i++) // 4 MB
            await ann.SendAsync(new { type = "message", id = $"{i}", text = new string('x', 4000) });
        await ann.ReadLogAsync(1000);
        return ann;
    }
}
