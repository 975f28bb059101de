using ChatServer.Cli.Doctor.Checks;
using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Doctor;

/// <summary>Checks a deployment for misconfigurations. It changes nothing but for a room of its own, which it deletes.</summary>
internal static class DoctorRun
{
    private static readonly ICheck[] Checks =
    [
        new KernelCheck(), new RedisCheck(), new KeyCheck(), new RegistrationCheck(), new HostCheck(), new RoomPortCheck(),
        new PublicUrlCheck(), new IdleConnectionCheck(),
    ];

    public static async Task<DoctorReport> RunAsync(DoctorTarget target, IPhases phases, CancellationToken ct)
    {
        var findings = new List<Finding>();
        List<string> done = [], skipped = [];
        foreach (var check in Checks)
        {
            if (check.Missing(target) is { } missing)
            {
                skipped.Add($"{check.Name}: {missing} is missing");
                continue;
            }
            using var phase = phases.Begin(check.Name, 1);
            try
            {
                findings.AddRange(await check.RunAsync(target, ct));
                done.Add(check.Name);
            }
            catch (CliException e)
            {
                findings.Add(new Finding(check.Name, Severity.Error, e.Message, "The check could not be done.", "See the message."));
            }
        }
        return new DoctorReport
        {
            Findings = [.. findings.OrderByDescending(finding => finding.Severity)],
            Checked = done,
            NotChecked = skipped,
        };
    }
}
