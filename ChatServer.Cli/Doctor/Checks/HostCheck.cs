using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>The RoomHosts: their number, and their clocks.</summary>
internal sealed class HostCheck : ICheck
{
    // A host writes its time with each renewal of its lease, every 300 ms; the rest is skew.
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(3);

    public string Name => "hosts";

    public string? Missing(DoctorTarget target) => target.Admin is null ? "--admin" : target.AdminKey is null ? "--admin-key" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        var load = await Probe.GetDataAsync<LoadReport>(new Uri(target.Admin!, "api/v1/load"), target.AdminKey, ct);
        var findings = new List<Finding>();
        if (load.Hosts.Count < 2)
        {
            findings.Add(new Finding(
                "single-host", load.Hosts.Count == 0 ? Severity.Error : Severity.Warning, $"{load.Hosts.Count} RoomHosts are alive.",
                "The rooms of a host that dies, or is updated, need another one.", "Start a second RoomHost"));
        }
        foreach (var host in load.Hosts)
        {
            if ((host.LastSeen - DateTimeOffset.UtcNow).Duration() is var skew && skew > MaxClockSkew)
            {
                findings.Add(new Finding(
                    "clock-skew", Severity.Warning, $"The clock of host {host.Id} differs by {skew.TotalSeconds:N1} s from this machine's.",
                    "Times of messages jump when a room moves.", "Run a time service (chrony, systemd-timesyncd) on every machine"));
            }
        }
        return findings;
    }
}
