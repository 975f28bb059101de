using System.Net;
using System.Net.Sockets;
using ChatServer.Broadcast.Connections;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Hosting;

[Collection(NoProcessStarts.Name)]
public sealed class PortPoolTests : IDisposable
{
    private const int Size = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly int _first = FreePort.Next(Size);
    private readonly List<RoomPorts> _opened = [];

    [Fact]
    public void A_room_gets_the_lowest_free_port_and_null_when_there_is_none()
    {
        var pool = Pool();
        Assert.Equal([_first, _first + 1, _first + 2, _first + 3, null], OpenAll(pool));

        pool.Close(_first + 2);
        pool.Close(_first + 1);

        Assert.Equal([_first + 1, _first + 2, null], OpenAll(pool));
    }

    [Fact]
    public void Preferred_port_is_used_if_free_and_in_range()
    {
        var pool = Pool();
        Assert.Equal(_first + 2, pool.Open("kept", _first + 2));
        Assert.Equal(_first, pool.Open("its port is another room's", _first + 2));
        Assert.Equal(_first + 1, pool.Open("outside", _first + Size));
        Assert.Equal([_first + 3, null], OpenAll(pool));

        pool.Close(_first + 2);
        Assert.Equal(_first + 2, pool.Open("kept", _first + 2));
        Assert.Null(pool.Open("again", _first + 2));
        pool.Close(_first + 2);
        Assert.Equal([_first + 2, null], OpenAll(pool));
    }

    [Fact]
    public void Port_held_by_another_process_is_skipped_and_retried_later()
    {
        var pool = Pool();
        using (var other = new TcpListener(IPAddress.Loopback, _first + 1))
        {
            other.Start();
            Assert.Equal([_first, _first + 2, _first + 3, null], OpenAll(pool));
        }
        Assert.Null(pool.Open("too early", 0));

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal([_first + 1, null], OpenAll(pool));
    }

    [Fact]
    public void Open_without_free_sockets_returns_null_and_consumes_no_port()
    {
        var pool = Pool(maxSockets: 2);
        Assert.Equal(_first, pool.Open("one", 0));
        Assert.Equal(_first + 1, pool.Open("two", 0));
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(pool.Open("beyond", 0));
            Assert.Null(pool.Open("beyond", _first + 3));
        }

        pool.Close(_first);
        Assert.Equal(_first, pool.Open("three", 0));
        pool.Close(_first + 1);
        pool.Close(_first);
        Assert.Equal([_first, _first + 1, null], OpenAll(pool));
    }

    [Fact]
    public void Open_on_a_foreign_address_returns_null_and_holds_no_socket()
    {
        var pool = Pool(maxSockets: 1, bind: IPAddress.Parse("192.0.2.1"));

        for (var i = 0; i < 10; i++)
            Assert.Null(pool.Open("lobby", 0));

        // Every failed attempt has closed its socket; otherwise the process would run out of sockets, which is another error.
        var error = Assert.Throws<SocketException>(() => _opened[^1].Open(_first, "lobby"));
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode);
    }

    public void Dispose()
    {
        foreach (var ports in _opened)
        {
            for (var port = _first; port < _first + Size; port++)
                ports.Close(port);
        }
    }

    private PortPool Pool(int maxSockets = 100, IPAddress? bind = null)
    {
        var ports = new RoomPorts(
            new() { Bind = bind ?? IPAddress.Loopback, MaxSockets = maxSockets }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        _opened.Add(ports);
        return new PortPool(ports, (_first, _first + Size - 1), _time, NullLogger<PortPool>.Instance);
    }

    // Opens ports until there is none left.
    private static List<int?> OpenAll(PortPool pool)
    {
        var opened = new List<int?>();
        do
            opened.Add(pool.Open("room", 0));
        while (opened[^1] is not null);
        return opened;
    }
}
