using System.Diagnostics;
using System.Net.WebSockets;
using ChatServer.Cli.Deployment;
using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>
/// Whether a proxy in front closes silent connections: joins a room of its own through <c>PUBLIC_URL</c> and only answers the server's pings.
/// </summary>
internal sealed class IdleConnectionCheck : ICheck
{
    private const int RoomIdleSeconds = 60;

    public string Name => "idle-connections";

    public string? Missing(DoctorTarget target) =>
        target.PublicUrl is null ? "--public-url" : target.Apis.Count == 0 ? "--api" : target.Key is null ? "--key"
        : target.IdleTime == TimeSpan.Zero ? "--idle-seconds above 0" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        var room = $"doctor-{Guid.NewGuid():N}";
        using var api = new ApiClient(target.Apis[0], target.Key!);
        await api.CreateAsync(room, new RoomOptions { IdleTimeoutSeconds = RoomIdleSeconds, Durability = Durability.Memory }, ct);
        var closedAfter = await ObserveAsync(new Uri(RoomUrls.Through(target.PublicUrl!, room)), target.IdleTime, ct);
        return closedAfter is null
            ? []
            :
            [
                new Finding(
                    "idle-timeout", Severity.Error,
                    $"A connection through {target.PublicUrl} that only answered pings was closed after {closedAfter.Value.TotalSeconds:N0} s.",
                    "A proxy closes connections between two pings of the server: members reconnect again and again.",
                    "Raise the idle timeout of the proxy above 60 s (nginx: proxy_read_timeout 75s), or lower PING_SECONDS"),
            ];
    }

    // The time after which the connection was closed; null if it was open to the end.
    private static async Task<TimeSpan?> ObserveAsync(Uri room, TimeSpan duration, CancellationToken ct)
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            await socket.ConnectAsync(room, ct);
        }
        catch (WebSocketException e)
        {
            throw new CliException($"No connection to {room}: {e.Message}");
        }
        var watch = Stopwatch.StartNew();
        try
        {
            end.CancelAfter(duration);
            var buffer = new byte[4096];
            while ((await socket.ReceiveAsync(buffer, end.Token)).MessageType != WebSocketMessageType.Close)
            {
                // Frames are ignored; pings are answered by the socket.
            }
            return watch.Elapsed;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
        catch (WebSocketException)
        {
            return watch.Elapsed;
        }
    }
}
