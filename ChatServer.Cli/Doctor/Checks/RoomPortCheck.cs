using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>Whether the ports of rooms are reachable from here, as they must be from the load balancers.</summary>
internal sealed class RoomPortCheck : ICheck
{
    private const int MaxRooms = 50;

    public string Name => "room-ports";

    public string? Missing(DoctorTarget target) => target.Apis.Count == 0 ? "--api" : target.Key is null ? "--key" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        var page = await Probe.GetDataAsync<RoomPage>(new Uri(target.Apis[0], $"api/v1/rooms?limit={MaxRooms}"), target.Key, ct);
        var findings = new List<Finding>();
        // One room of each host: a firewall treats the ports of a host alike.
        foreach (var room in page.Rooms.Where(room => room.Port > 0).DistinctBy(room => room.Host))
        {
            var url = new UriBuilder(Uri.UriSchemeHttp, room.Host, room.Port).Uri;
            if (await Probe.GetAsync(url, null, ct) is { } answer && answer.Body == room.Name)
                continue;
            findings.Add(new Finding(
                "room-port", Severity.Error, $"The port of room {room.Name}, {room.Host}:{room.Port}, does not answer with its name.",
                "Load balancers connect to this address, and so do clients without a load balancer.",
                "Set HOST of the RoomHost to an address that the load balancers reach, and open ROOM_PORTS in the firewall"));
        }
        return findings;
    }
}
