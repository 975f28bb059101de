using System.Net;
using System.Net.Sockets;

namespace ChatServer.Cli.Sockets;

/// <summary>Address of a room's WebSocket. Its host name is resolved once for all joins.</summary>
/// <param name="EndPoint">Address and port.</param>
/// <param name="Authority">Value of the <c>Host</c> header.</param>
/// <param name="Target">Path and query, to which more can be appended.</param>
internal sealed record RoomAddress(IPEndPoint EndPoint, string Authority, string Target)
{
    /// <summary>Reads <c>ws://host:port/path?query</c>.</summary>
    /// <exception cref="CliException">The text has another form, or the host name cannot be resolved.</exception>
    public static async Task<RoomAddress> ResolveAsync(string url, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeWs)
        {
            throw new CliException(
                $"'{url}' is not an address such as ws://localhost:34000/. wss:// is not supported: use the address behind the TLS proxy.");
        }
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(uri.IdnHost, ct);
            // IPv4 first: its loopback network has enough addresses for many connections.
            var address = addresses.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
            return new RoomAddress(new IPEndPoint(address, uri.Port), uri.Authority, uri.PathAndQuery);
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            throw new CliException($"{uri.IdnHost} has no address: {e.Message}");
        }
    }

    /// <summary>
    /// The source address of connection <paramref name="number"/>; null: the system chooses. Connections to a server on this
    /// machine have 64 source addresses, each with its own 28,000 ports and its own rate limit.
    /// </summary>
    public IPAddress? SourceOf(int number) =>
        OperatingSystem.IsLinux() && EndPoint.Address is { AddressFamily: AddressFamily.InterNetwork } address
            && IPAddress.IsLoopback(address)
            ? new IPAddress([127, 0, 0, (byte)(2 + (number % 64))])
            : null;
}
