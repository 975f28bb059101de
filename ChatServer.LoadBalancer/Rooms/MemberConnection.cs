using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChatServer.LoadBalancer;

/// <summary>
/// A member's connection once it is a WebSocket. What the room says goes straight to the member's socket: through Kestrel it would be copied into a
/// pipe and sent by another thread, two fifths of what a load balancer spends whose rooms are busy (docs/adr/0010). What
/// the member says comes through Kestrel.
/// </summary>
internal sealed class MemberConnection : IHttpUpgradeFeature
{
    /// <summary>
    /// How long a member may take for what it is sent, at most 64 KB. One that does not read is the room's to close, with a code, once it
    /// fell behind; this is for those that do not even take the close.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IHttpUpgradeFeature _kestrel;
    private readonly Socket _socket;
    private readonly IConnectionLifetimeFeature _connection;
    private readonly TimeProvider _time;

    private MemberConnection(IHttpUpgradeFeature kestrel, Socket socket, IConnectionLifetimeFeature connection, TimeProvider time) =>
        (_kestrel, _socket, _connection, _time) = (kestrel, socket, connection, time);

    /// <summary>
    /// Makes Kestrel's flushes end when the kernel has what was flushed, not when it is in a pipe. So the answer to the handshake is on its
    /// way before the room's first word.
    /// </summary>
    /// <remarks>2 bytes: writing goes on below half of it, which must not be 0.</remarks>
    public static void Prepare(IWebHostBuilder web) => web.UseSockets(sockets => sockets.MaxWriteBufferSize = 2);

    /// <summary>Has the request, if it asks for a WebSocket, upgraded to such a connection. Not where there is encryption in between.</summary>
    public static void Use(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } kestrel && !context.Request.IsHttps
            && context.Features.Get<IConnectionSocketFeature>() is { Socket: var socket })
        {
            var connection = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>();
            context.Features.Set<IHttpUpgradeFeature>(new MemberConnection(kestrel, socket, connection, time));
        }
    }

    bool IHttpUpgradeFeature.IsUpgradableRequest => _kestrel.IsUpgradableRequest;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync() => new Both(this, await _kestrel.UpgradeAsync());

    /// <summary>Reads from Kestrel, writes to the socket.</summary>
    private sealed class Both(MemberConnection member, Stream kestrel) : NetworkStream(member._socket, ownsSocket: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            kestrel.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var writing = base.WriteAsync(buffer, cancellationToken);
            return writing.IsCompleted ? writing : HurryAsync(writing);
        }

        // The connection is ended, not the wait: whoever gave the bytes uses their memory anew once this returns.
        private async ValueTask HurryAsync(ValueTask writing)
        {
            await using var deadline = member._time.CreateTimer(
                static connection => ((IConnectionLifetimeFeature)connection!).Abort(), member._connection, Patience, Timeout.InfiniteTimeSpan);
            await writing;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                kestrel.Dispose();
            base.Dispose(disposing);
        }
    }
}
