using System.Net;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>The keys of the AppHost for development, which everybody knows.</summary>
internal sealed class KeyCheck : ICheck
{
    private const string ApiKey = "TESTING_KEY", AdminKey = "ADMIN_TESTING_KEY", BalancerKey = "LB_TESTING_KEY";

    public string Name => "keys";

    public string? Missing(DoctorTarget target) =>
        target.Apis.Count == 0 && target.Admin is null && target.Balancers.Count == 0 ? "--api, --admin or --balancers" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        (string Variable, string Key, Uri Call)[] calls =
        [
            .. target.Apis.Select(api => ("KEY", ApiKey, new Uri(api, "api/v1/rooms?limit=1"))),
            .. target.Admin is { } admin ? [("ADMIN_KEY", AdminKey, new Uri(admin, "api/v1/"))] : Array.Empty<(string, string, Uri)>(),
            .. target.Balancers.Select(balancer => ("LOADBALANCER_KEY", BalancerKey, new Uri(balancer, "servers"))),
        ];
        var findings = new List<Finding>();
        foreach (var (variable, key, call) in calls)
        {
            if (await Probe.GetAsync(call, key, ct) is { Status: HttpStatusCode.OK })
            {
                findings.Add(new Finding(
                    "development-key", Severity.Error, $"{call.GetLeftPart(UriPartial.Authority)} accepts {key}.",
                    "The key is in the public repository.", $"Set {variable} to a random value: openssl rand -hex 32"));
            }
        }
        return findings;
    }
}
