using System.CommandLine;
using ChatServer.Cli.Drill;
using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Commands;

/// <summary><c>drill</c>: the effect of faults on members, and whether messages were lost.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        var names = Fault.All.Select(f => f.Name).ToArray();
        var faults = new Option<string[]>("--fault")
        {
            Description = $"Faults to inject, one after another: {string.Join(", ", names)}.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        faults.AcceptOnlyFromAmong(names);
        var times = NumberOptions.Number("--times", "Number of times that the sequence of faults is repeated.", 1, 1, 10_000);
        var rooms = NumberOptions.Number("--rooms", "Number of rooms.", 50, 1, 5000);
        var members = NumberOptions.Number(
            "--members", "Number of members in all rooms together; each room has a witness in addition.", 500, 1, 100_000);
        var rate = NumberOptions.Number("--rate", "Messages per second in all rooms together.", 200, 1, 100_000);
        var pause = NumberOptions.Seconds("--pause", "Seconds between the recovery from a fault and the next fault.", 2);
        var settleTimeout = NumberOptions.Seconds(
            "--patience", "Time limit for the recovery from a fault, in seconds: all members have all events.", 60, least: 1);
        var replicationLag = NumberOptions.Seconds(
            "--replication-lag", "kill-redis-master without a cluster: seconds for which the replica is disconnected before.", 0.5,
            most: ReplicatedRedisPlan.MaxLag.TotalSeconds);
        var target = new DeploymentChoice();

        var command = new Command(
            "drill", "Faults while members send messages: lost, repeated or moved messages, and the time without a connection.")
        {
            faults, times, rooms, members, rate, pause, settleTimeout, replicationLag,
        };
        target.AddTo(command);
        return command.Running(async (parsed, phases, ct) =>
        {
            if (parsed.GetValue(members) < parsed.GetValue(rooms))
                throw new CliException("--members is less than --rooms: every room needs one.");
            var plan = new DrillPlan
            {
                Faults = [.. parsed.GetValue(faults)!.Select(name => Fault.All.Single(f => f.Name == name)).Select(
                    fault => fault is KillRedisMasterFault kill
                        ? kill with { ReplicationLag = TimeSpan.FromSeconds(parsed.GetValue(replicationLag)) }
                        : fault)],
                Times = parsed.GetValue(times),
                Rooms = parsed.GetValue(rooms),
                Members = parsed.GetValue(members),
                Rate = parsed.GetValue(rate),
                Pause = TimeSpan.FromSeconds(parsed.GetValue(pause)),
                SettleTimeout = TimeSpan.FromSeconds(parsed.GetValue(settleTimeout)),
            };
            await using var deployment = await target.OpenAsync(parsed, plan.Rooms, phases, ct);
            return await new DrillRun(plan, deployment, phases).RunAsync(ct);
        });
    }
}
