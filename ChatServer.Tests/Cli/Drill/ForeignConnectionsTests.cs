using System.Net;
using System.Net.Sockets;
using ChatServer.Cli;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>Aborts connections of this process, whose descriptors are copied as those of another process.</summary>
public sealed class ForeignConnectionsTests
{
    public ForeignConnectionsTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux gives descriptors of another process.");

    [Fact]
    public async Task Aborted_connection_is_reset_and_others_continue()
    {
        await using var cut = await Pair.ConnectAsync();
        await using var kept = await Pair.ConnectAsync();

        Assert.Equal(1, ForeignConnections.Abort(Environment.ProcessId, cut.Server.LocalEndPoint!.Equals));

        var reset = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(cut.Server));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(cut.Client));
        await kept.Client.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await ReceiveAsync(kept.Server));
    }

    [Fact]
    public void Process_that_does_not_exist_is_reported()
    {
        var failed = Assert.Throws<CliException>(() => ForeignConnections.Abort(int.MaxValue, _ => true));
        Assert.StartsWith($"The connections of process {int.MaxValue} cannot be aborted:", failed.Message, StringComparison.Ordinal);
    }

    private static Task<int> ReceiveAsync(Socket socket) =>
        socket.ReceiveAsync(new byte[1], SocketFlags.None).WaitAsync(Eventually.Timeout);

    /// <summary>A connection over loopback. The socket of the client is one of IPv6, as those of .NET services.</summary>
    private sealed record Pair(Socket Client, Socket Server) : IAsyncDisposable
    {
        public static async Task<Pair> ConnectAsync()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);
            return new Pair(client, await listener.AcceptSocketAsync());
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            Server.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
