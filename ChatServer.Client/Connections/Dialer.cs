using System.Globalization;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using ChatServer.Client.Log;
using ChatServer.Contracts;

namespace ChatServer.Client.Connections;

/// <summary>Opens WebSockets to the room, at the current one of its addresses.</summary>
internal sealed class Dialer(ChatRoomOptions options)
{
    // Constant: the room identifies the returning member and repeated messages by it.
    private readonly string _session = RandomNumberGenerator.GetHexString(32, lowercase: true);

    // A random first address distributes clients over the load balancers.
    private int _addressIndex = Random.Shared.Next(options.Addresses.Count);

    /// <summary>Selects the next address for the next attempt.</summary>
    public void UseNextAddress() => _addressIndex = (_addressIndex + 1) % options.Addresses.Count;

    /// <summary>The token of the last attempt; null without one.</summary>
    public string? Token { get; private set; }

    /// <summary>Makes one attempt. Returns an open socket, or the reason of the failure.</summary>
    /// <param name="user">Requested user name; null: a guest name.</param>
    /// <param name="position">Position from which to resume.</param>
    /// <param name="ct">Cancelled when the client leaves.</param>
    public async Task<(ClientWebSocket? Socket, ConnectionEnd? Ending)> DialAsync(string? user, LogPosition position, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var address = options.Addresses[_addressIndex];
        var socket = new ClientWebSocket();
        // Heartbeat detects silence with the contract's ping. The keep-alive of the platform would be another timer without a result.
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        socket.Options.CollectHttpResponseDetails = true;
        // Proxies log URLs: session and token are not in the query.
        socket.Options.AddSubProtocol("chat.v1");
        socket.Options.AddSubProtocol($"chat.v1.session.{_session}");
        try
        {
            Token = options.Token is { } ask ? await ask(linked.Token) : null;
            if (Token is not null)
                socket.Options.AddSubProtocol($"chat.v1.token.{Token}");
            await socket.ConnectAsync(JoinUrl(address, user, position), linked.Token);
            socket.HttpResponseHeaders = null; // otherwise they stay in memory as long as the connection
            return (socket, null);
        }
        catch (Exception e) when (!ct.IsCancellationRequested
            && (e is WebSocketException or OperationCanceledException || position.Epoch is not null))
        {
            // Other exceptions come from the token callback. During a reconnect they are temporary errors like any other.
            var ending = socket.HttpStatusCode is not 0 and var status
                ? ConnectionEnd.Refused((int)status, $"{address} answered {(int)status} ({status}).", RetryAfter(socket))
                : ConnectionEnd.Broken(
                    $"{address}: {(deadline.IsCancellationRequested ? "no answer in time" : (e.InnerException ?? e).Message)}");
            socket.Dispose();
            return (null, ending);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Uri JoinUrl(Uri address, string? user, LogPosition position)
    {
        var room = address.Scheme is "ws" or "wss" ? address.GetLeftPart(UriPartial.Path) : RoomUrls.Through(address, options.Room);
        var query = string.Create(CultureInfo.InvariantCulture, $"{room}?history={position.History}");
        if (user is not null)
            query += $"&user={Uri.EscapeDataString(user)}";
        if (position.Since is { } since)
            query += $"&since={Uri.EscapeDataString(since)}";
        return new Uri(query);
    }

    private TimeSpan? RetryAfter(ClientWebSocket socket)
    {
        if (socket.HttpResponseHeaders is not { } headers
            || headers.FirstOrDefault(h => h.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value is not { } values
            || !RetryConditionHeaderValue.TryParse(values.FirstOrDefault(), out var after))
            return null;
        return after.Delta ?? after.Date - options.Time.GetUtcNow();
    }
}
