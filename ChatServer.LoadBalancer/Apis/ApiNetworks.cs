using System.Net;
using System.Net.Sockets;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>
/// The networks in which Apis may be located. A holder of <c>LOADBALANCER_KEY</c> can register an address, and requests with <c>KEY</c>
/// are forwarded there.
/// </summary>
internal sealed class ApiNetworks(IReadOnlyList<IPNetwork> networks)
{
    private static readonly IPNetwork LinkLocal = new(IPAddress.Parse("169.254.0.0"), 16);

    /// <summary>Whether an Api may have this address. A link-local address may be a cloud's metadata service.</summary>
    public bool Allows(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return !address.IsIPv6LinkLocal && !LinkLocal.Contains(address) && networks.Any(network => network.Contains(address));
    }

    /// <summary>Connects to an allowed address of <paramref name="host"/>.</summary>
    /// <exception cref="ApiNotAllowedException">The host has no allowed address.</exception>
    /// <exception cref="SocketException">The host is unknown, or does not accept.</exception>
    public async Task ConnectAsync(Socket socket, DnsEndPoint host, CancellationToken ct)
    {
        var addresses = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host.Host, ct);
        var allowed = addresses.Where(Allows).ToArray();
        if (addresses.Length > 0 && allowed.Length == 0)
            throw new ApiNotAllowedException($"{host.Host} has no address in API_NETWORKS.");
        await socket.ConnectAsync(allowed, host.Port, ct);
    }
}

/// <summary>An Api is not located in <c>API_NETWORKS</c>.</summary>
internal sealed class ApiNotAllowedException(string message) : IOException(message);
