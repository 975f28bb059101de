using System.CommandLine;
using ChatServer.Cli.Bench.Storm;

namespace ChatServer.Cli.Commands;

/// <summary><c>storm</c>: many members of one room join or return at once.</summary>
internal static class StormCommand
{
    public static Command Create()
    {
        var members = NumberOptions.Number("--members", "Number of members, all in one room.", 2000, 1, 100_000);
        var at = new Option<StormPlace>("--at")
        {
            Description = "balancer: one of two load balancers is killed, and its members return through the other one. "
                + "port: all members join at the room's port at once.",
            DefaultValueFactory = _ => StormPlace.Balancer,
        };
        var times = NumberOptions.Number("--times", "Number of storms.", 5, 1, 1000);
        var timeout = NumberOptions.Seconds("--patience", "Time limit for all members to be in the room, in seconds.", 60, least: 1);
        var target = new DeploymentChoice();

        var command = new Command("storm", "Many members of one room join or return at once: how long they wait, and how many are refused.")
        {
            members, at, times, timeout,
        };
        target.AddTo(command);
        return command.Running(async (parsed, phases, ct) =>
        {
            var plan = new StormPlan(
                parsed.GetValue(members), parsed.GetValue(at), parsed.GetValue(times), TimeSpan.FromSeconds(parsed.GetValue(timeout)));
            await using var deployment = await target.OpenAsync(parsed, rooms: 1, phases, ct);
            return await new StormRun(plan, deployment, phases).RunAsync(ct);
        });
    }
}
