using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class RoomSlotTests
{
    private static readonly RoomHostOptions Options = new() { HostId = "a", Address = "localhost" };

    private readonly RoomSlot _door = new("lobby");

    [Fact]
    public async Task Waiting_and_later_connections_get_the_room_when_it_is_ready()
    {
        var waiting = _door.RoomWhenReady;
        Assert.False(waiting.IsCompleted);
        Assert.Null(_door.Room);

        var room = NewRoom();
        _door.SetRoom(room);

        Assert.Same(room, await waiting);
        Assert.Same(room, await _door.RoomWhenReady);
        Assert.Same(room, _door.Room);
    }

    [Fact]
    public async Task New_connections_wait_for_the_next_room_while_held()
    {
        _door.SetRoom(NewRoom());
        _door.HoldNewConnections();
        Assert.Null(_door.Room);
        var waiting = _door.RoomWhenReady;

        var next = NewRoom();
        _door.SetRoom(next);

        Assert.Same(next, await waiting);
    }

    [Fact]
    public async Task Hold_before_the_room_is_ready_keeps_waiting_connections()
    {
        var first = _door.RoomWhenReady;
        _door.HoldNewConnections();
        var second = _door.RoomWhenReady;

        var room = NewRoom();
        _door.SetRoom(room);

        Assert.Same(room, await first);
        Assert.Same(room, await second);
    }

    [Fact]
    public async Task Unavailable_room_refuses_waiting_and_later_connections()
    {
        var waiting = _door.RoomWhenReady;
        _door.SetRoom(null);
        Assert.Null(await waiting);
        Assert.Null(await _door.RoomWhenReady);

        var other = new RoomSlot("other");
        other.SetRoom(NewRoom());
        other.SetRoom(null);
        Assert.Null(await other.RoomWhenReady);
        Assert.Null(other.Room);
    }

    private static Room NewRoom() => new(
        new RoomRecord
        {
            Name = "lobby",
            Options = new RoomOptions { Durability = Durability.Memory },
            CreatedAt = DateTimeOffset.UnixEpoch,
            State = RoomState.Open,
            HostId = "a",
            Address = "localhost",
            Port = 1,
            Term = 1,
            Epoch = "e",
            Seq = 0,
            Messages = 0,
            Members = 0,
            Announced = 0,
        },
        null, null, [], null, Options, [], new FakeTimeProvider(), new WriteFence(_ => true, ownedAt: 0));
}
