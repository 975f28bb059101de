using System.Diagnostics;
using System.Net;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Contracts;

namespace ChatServer.Cli.Drill;

/// <summary>
/// Aborts the relays of one load balancer, all at once: its TCP connections to the ports of the rooms. The other side receives a reset,
/// and bytes in transit are lost in both directions.
/// </summary>
internal sealed record CutRelayFault(string Name) : Fault(Name)
{
    private static readonly TimeSpan RecoveryTimeout = TimeSpan.FromSeconds(10), PollInterval = TimeSpan.FromMilliseconds(200);

    public override string? MissingRequirement(IDeployment deployment) =>
        OperatingSystem.IsLinux() ? ProcessFaults.MissingRequirement(deployment, ServerRole.LoadBalancer) : "Linux";

    public override async Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct)
    {
        var ports = await RoomPortsAsync(deployment, rooms, ct);
        // After the death of a load balancer all members may be at the other one.
        for (var offset = 0; offset < deployment.Processes(ServerRole.LoadBalancer).Count; offset++)
        {
            var balancer = ProcessFaults.Choose(deployment, ServerRole.LoadBalancer, number + offset);
            if (ForeignConnections.Abort(await balancer.ReadIdAsync(ct), ports.Contains) > 0)
                return;
        }
        throw new CliException($"{Name}: no load balancer has a connection to a room.");
    }

    // After an earlier fault, the Api may still be connecting to Redis.
    private static async Task<RoomDescription[]> DescribeAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await Task.WhenAll(rooms.Select(room => deployment.Api.DescribeAsync(room, ct)));
            }
            catch (CliException) when (watch.Elapsed < RecoveryTimeout)
            {
                await Task.Delay(PollInterval, ct);
            }
        }
    }

    private static async Task<HashSet<IPEndPoint>> RoomPortsAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, CancellationToken ct)
    {
        var ports = new HashSet<IPEndPoint>();
        foreach (var room in await DescribeAsync(deployment, rooms, ct))
        {
            // Without a host while the room moves.
            if (room.Port == 0)
                continue;
            foreach (var address in await Dns.GetHostAddressesAsync(room.Host, ct))
                ports.Add(new IPEndPoint(address, room.Port));
        }
        return ports;
    }
}
