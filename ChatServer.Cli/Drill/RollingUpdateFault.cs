using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Drill;

/// <summary>
/// Restarts the RoomHosts, then the Apis, then the load balancers, one process after another, as an update of the software does: SIGTERM,
/// the end of the process, its start. The next process follows when the last one is ready.
/// </summary>
internal sealed record RollingUpdateFault(string Name) : Fault(Name)
{
    private static readonly ServerRole[] Order = [ServerRole.RoomHost, ServerRole.Api, ServerRole.LoadBalancer];

    // Of the members that begin at the first load balancer: to the second one, and back when that one restarts.
    private const int NecessaryReconnects = 2;

    public override int MaxReconnects => NecessaryReconnects;

    public override string? MissingRequirement(IDeployment deployment) =>
        Order.Select(role => ProcessFaults.MissingRequirement(deployment, role)).FirstOrDefault(missing => missing is not null)
        ?? Order.Where(role => role != ServerRole.Api && deployment.Processes(role).Count < 2)
            .Select(role => $"two processes of {$"{role}".ToLowerInvariant()}").FirstOrDefault();

    public override async Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct)
    {
        foreach (var process in Order.SelectMany(deployment.Processes))
        {
            await process.TerminateAsync(ct);
            await process.StartAgainAsync(ct);
        }
    }
}
