using System.CommandLine;
using ChatServer.Bench.Connections;

namespace ChatServer.Bench.Commands;

/// <summary><c>connections</c>: what an idle connection costs.</summary>
internal static class ConnectionsCommand
{
    public static Command Create()
    {
        var connections = BenchOptions.Number("--connections", "How many.", 1000, 1, 1_000_000);
        var hold = BenchOptions.Seconds("--hold", "Seconds that they are idle before the server's memory is read.", 5);
        var rounds = BenchOptions.Number("--rounds", "How often all are opened, held and closed.", 1, 1, 1000);
        var pid = BenchCommand.Pid();
        var room = new RoomChoice();

        var command = new Command("connections", "Idle connections: how fast they join, and what each costs the server.")
        {
            connections, hold, rounds, pid,
        };
        room.AddTo(command);

        return command.Running(async (parsed, phases, ct) => await room.UseAsync(parsed, async address =>
            await new ConnectionsRun(
                new ConnectionsPlan(parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(hold)), parsed.GetValue(rounds), parsed.GetValue(pid)),
                address,
                phases).RunAsync(ct), ct));
    }
}
