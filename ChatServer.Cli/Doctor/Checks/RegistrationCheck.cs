using ChatServer.Contracts;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>The Apis that the load balancers know.</summary>
internal sealed class RegistrationCheck : ICheck
{
    public string Name => "registration";

    public string? Missing(DoctorTarget target) =>
        target.Balancers.Count == 0 ? "--balancers" : target.BalancerKey is null ? "--balancer-key" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        var findings = new List<Finding>();
        foreach (var balancer in target.Balancers)
        {
            var apis = await Probe.GetDataAsync<IReadOnlyList<RegisteredApi>>(new Uri(balancer, "servers"), target.BalancerKey, ct);
            if (apis.Count >= Math.Max(1, target.Apis.Count))
                continue;
            findings.Add(new Finding(
                "api-not-registered", Severity.Error,
                $"{balancer} knows {apis.Count} Apis{(target.Apis.Count > 0 ? $" of {target.Apis.Count}" : "")}: "
                    + $"{string.Join(", ", apis.Select(api => $"{api.Host}:{api.Port}"))}.",
                "It sends no requests to an Api that is not registered.",
                "Check LOADBALANCERS, LOADBALANCER_KEY and HOST of the Apis, and API_NETWORKS of the load balancer; the Api logs the refusal"));
        }
        return findings;
    }
}
