using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Drill;

/// <summary>
/// SIGKILL of a Redis server that a replica replaces; it is started again afterwards. In a cluster, one master after the other. Otherwise
/// the primary, and the replica is disconnected from it before, so that it lacks the last events when it is promoted.
/// </summary>
internal sealed record KillRedisMasterFault(string Name) : Fault(Name)
{
    // The other masters of a cluster have replaced it by then.
    private static readonly TimeSpan ClusterDownTime = TimeSpan.FromSeconds(6);

    // Before a Sentinel tells it that it is a replica, it says for some seconds that it is the primary.
    private static readonly TimeSpan DownTimeAfterPromotion = TimeSpan.FromSeconds(1);

    /// <summary>How long the replica is disconnected before the kill.</summary>
    public TimeSpan ReplicationLag { get; init; } = TimeSpan.FromSeconds(0.5);

    public override string? MissingRequirement(IDeployment deployment) => ProcessFaults.MissingRequirement(deployment, ServerRole.Redis);

    public override Task InjectAsync(
        IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct) =>
        deployment.Replication is { } replication
            ? replication.FailOverAsync(rooms, ReplicationLag, DownTimeAfterPromotion, ct)
            : new KillFault(Name, ServerRole.Redis) { DownTime = ClusterDownTime }.InjectAsync(deployment, rooms, number, ct);
}
