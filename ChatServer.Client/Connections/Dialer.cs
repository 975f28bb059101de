using System.Globalization;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>Opens WebSockets to the room, through one address after the other.</summary>
internal sealed class Dialer(ChatRoomOptions options)
{
    // Chosen once: the room knows by it who comes back, and what was said before.
    private readonly string _session = RandomNumberGenerator.GetHexString(32, lowercase: true);

    // A random one first: clients spread over the load balancers.
    private int _addressIndex = Random.Shared.Next(options.Addresses.Count);

    /// <summary>The next attempt goes to the next address.</summary>
    public void UseNextAddress() => _addressIndex = (_addressIndex + 1) % options.Addresses.Count;

    /// <summary>One attempt: an open socket, or why there is none.</summary>
    /// <param name="user">The name to ask for; null: a guest's.</param>
    /// <param name="position">Where to go on.</param>
    /// <param name="ct">We leave.</param>
    public async Task<(ClientWebSocket? Socket, ConnectionEnd? Ending)> DialAsync(string? user, LogPosition position, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var address = options.Addresses[_addressIndex];
        var socket = new ClientWebSocket();
        // Silence is noticed with the contract's ping; what the platform would send is one more timer and tells nothing.
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            var token = options.Token is { } ask ? await ask(either.Token) : null;
            await socket.ConnectAsync(Target(address, user, position, token), either.Token);
            socket.HttpResponseHeaders = null; // or they stay as long as the connection
            return (socket, null);
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (e is WebSocketException or OperationCanceledException || position.Epoch is not null))
        {
            // Other exceptions are those of whoever gives the token: on the way back they pass, like everything that is away.
            var ending = socket.HttpStatusCode is not 0 and var status
                ? ConnectionEnd.Refused((int)status, $"{address} answered {(int)status} ({status}).", RetryAfter(socket))
                : ConnectionEnd.Broken($"{address}: {(deadline.IsCancellationRequested ? "no answer in time" : (e.InnerException ?? e).Message)}");
            socket.Dispose();
            return (null, ending);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Uri Target(Uri address, string? user, LogPosition position, string? token)
    {
        var room = address.Scheme is "ws" or "wss" ? address.GetLeftPart(UriPartial.Path) : RoomUrls.Through(address, options.Room);
        var query = string.Create(CultureInfo.InvariantCulture, $"{room}?session={_session}&history={position.History}");
        if (user is not null)
            query += $"&user={Uri.EscapeDataString(user)}";
        if (position.Since is { } since)
            query += $"&since={Uri.EscapeDataString(since)}";
        if (token is not null)
            query += $"&token={Uri.EscapeDataString(token)}";
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
