using System.Net;
using System.Net.Sockets;
using ChatServer.RoomHost.Sockets;

namespace ChatServer.Tests.RoomHost.Sockets;

/// <summary>All on one thread, as a room's turn is: the pages are the thread's.</summary>
public sealed class SharedPagesTests
{
    private const int Size = 100_000; // not a whole number of pages

    [Fact]
    public void What_was_sent_stays_as_it_was_whatever_is_added_before_the_peer_reads()
    {
        using Pair ann = new(), bob = new();
        var pages = OfThread();
        var first = Random(1);
        Assert.True(pages.TryAdd(first.AsSpan(0, 70_000)));
        Assert.True(pages.TryAdd(first.AsSpan(70_000)));
        Assert.Equal(Size, pages.Send(ann.Sender, 0, Size));
        Assert.Equal(Size - 1, pages.Send(bob.Sender, 1, Size - 1));

        SharedPages.Clear();
        Assert.Equal(0, pages.Length);
        Assert.True(pages.TryAdd(Random(2)));

        Assert.Equal(first, ann.Read(Size));
        Assert.Equal(first[1..], bob.Read(Size - 1));
        SharedPages.Clear();
    }

    [Fact]
    public void A_socket_that_is_full_takes_a_part_and_then_nothing()
    {
        using var slow = new Pair();
        var pages = OfThread();
        var bytes = Random(3);
        Assert.True(pages.TryAdd(bytes));
        int taken = 0, rounds = 0;
        while (pages.Send(slow.Sender, taken % Size, Size - taken % Size) is > 0 and var sent)
            (taken, rounds) = (taken + sent, rounds + 1);
        SharedPages.Clear();

        Assert.True(rounds > 1);
        Assert.Equal(0, slow.Sender.Send("x"u8));
        var read = slow.Read(taken);
        for (var at = 0; at < taken; at++)
            Assert.Equal(bytes[at % Size], read[at]);
    }

    [Fact]
    public void A_socket_whose_peer_is_gone_takes_nothing_and_an_ordinary_send_tells_why()
    {
        using var gone = new Pair();
        gone.Leave();
        var pages = OfThread();
        Assert.True(pages.TryAdd(Random(4)));
        Assert.Equal(0, pages.Send(gone.Sender, 0, Size));
        Assert.Equal(NonBlocking.Gone, gone.Sender.Send("x"u8));
        SharedPages.Clear();
    }

    private static SharedPages OfThread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pages are shared on Linux alone.");
        return SharedPages.OfThread!;
    }

    private static byte[] Random(int seed)
    {
        var bytes = new byte[Size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Pair : IDisposable
    {
        private readonly Socket _near, _far;

        public Pair()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            _far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _far.Connect(listener.LocalEndpoint);
            _near = listener.AcceptSocket();
            _near.Blocking = false;
            Sender = new NonBlocking(_near);
        }

        public NonBlocking Sender { get; }

        public byte[] Read(int length)
        {
            var bytes = new byte[length];
            using var stream = new NetworkStream(_far);
            stream.ReadExactly(bytes);
            return bytes;
        }

        /// <summary>Leaves with a reset, and waits until the other side has it.</summary>
        public void Leave()
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
