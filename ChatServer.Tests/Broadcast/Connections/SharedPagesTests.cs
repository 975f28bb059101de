using System.Net;
using System.Net.Sockets;
using ChatServer.Broadcast.Connections;

namespace ChatServer.Tests.Broadcast.Connections;

/// <summary>Each test runs on one thread, as a room's turn does, because shared pages belong to a thread.</summary>
public sealed class SharedPagesTests
{
    private const int Size = 50_000; // not a whole number of pages

    [Fact]
    public void Sent_pages_do_not_change_when_new_data_is_added()
    {
        using SocketPair ann = new(), bob = new();
        var pages = PagesOfThisThread();
        byte[] first = RandomBytes(1), second = RandomBytes(2);
        Assert.True(pages.TryAdd(first.AsSpan(0, 30_000)));
        Assert.True(pages.TryAdd(first.AsSpan(30_000)));
        Assert.Equal(Size, pages.Send(ann.Sender));
        Assert.Equal(Size, pages.Send(bob.Sender));

        pages.Clear();
        Assert.True(pages.TryAdd(second));
        Assert.Equal(Size, pages.Send(bob.Sender));
        pages.Clear();

        Assert.Equal(first, ann.Read(Size));
        Assert.Equal(first, bob.Read(Size));
        Assert.Equal(second, bob.Read(Size));
    }

    [Fact]
    public void Full_socket_accepts_a_part_and_then_nothing()
    {
        using SocketPair slow = new(), quick = new();
        var pages = PagesOfThisThread();
        var bytes = RandomBytes(3);
        Assert.True(pages.TryAdd(bytes));
        int accepted = 0, rounds = 0;
        while (pages.Send(slow.Sender) is > 0 and var sent)
        {
            accepted += sent;
            rounds++;
            if (sent < Size)
                break;
        }

        Assert.True(rounds > 1);
        Assert.Equal(0, slow.Sender.Send("x"u8));
        Assert.Equal(0, pages.Send(slow.Sender));
        var read = slow.Read(accepted);
        for (var at = 0; at < accepted; at++)
            Assert.Equal(bytes[at % Size], read[at]);

        // The bytes that the slow socket did not accept do not affect another socket.
        Assert.Equal(Size, pages.Send(quick.Sender));
        Assert.Equal(bytes, quick.Read(Size));
        pages.Clear();
    }

    [Fact]
    public void Send_to_a_reset_socket_sends_nothing_and_an_ordinary_send_reports_the_loss()
    {
        using SocketPair gone = new(), here = new();
        gone.ResetByPeer();
        var pages = PagesOfThisThread();
        var bytes = RandomBytes(4);
        Assert.True(pages.TryAdd(bytes));
        Assert.Equal(0, pages.Send(gone.Sender));
        Assert.Equal(NonBlockingSocket.ConnectionGone, gone.Sender.Send("x"u8));
        Assert.Equal(Size, pages.Send(here.Sender));
        Assert.Equal(bytes, here.Read(Size));
        pages.Clear();
    }

    [Fact]
    public void Add_beyond_capacity_is_refused_and_can_be_cleared()
    {
        using var ann = new SocketPair();
        var pages = PagesOfThisThread();
        Assert.False(pages.TryAdd(new byte[1 << 20]));
        pages.Clear();

        var bytes = RandomBytes(5);
        Assert.True(pages.TryAdd(bytes));
        Assert.Equal(Size, pages.Send(ann.Sender));
        Assert.Equal(bytes, ann.Read(Size));
        pages.Clear();
    }

    private static SharedPages PagesOfThisThread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pages are shared only on Linux.");
        return SharedPages.ForCurrentThread!;
    }

    private static byte[] RandomBytes(int seed)
    {
        var bytes = new byte[Size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class SocketPair : IDisposable
    {
        private readonly Socket _near, _far;

        public SocketPair()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            _far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _far.Connect(listener.LocalEndpoint);
            _near = listener.AcceptSocket();
            _near.Blocking = false;
            Sender = new NonBlockingSocket(_near);
        }

        public NonBlockingSocket Sender { get; }

        public byte[] Read(int length)
        {
            var bytes = new byte[length];
            using var stream = new NetworkStream(_far);
            stream.ReadExactly(bytes);
            return bytes;
        }

        /// <summary>Resets the connection at the peer, and waits until the sender's socket has received the reset.</summary>
        public void ResetByPeer()
        {
            _far.LingerState = new LingerOption(true, 0);
            _far.Dispose();
            _near.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead);
        }

        public void Dispose()
        {
            _near.Dispose();
            _far.Dispose();
        }
    }
}
