using System.CommandLine;
using ChatServer.Cli.Bench.Connections;

namespace ChatServer.Cli.Commands;

/// <summary><c>connections</c>: the cost of an idle connection.</summary>
internal static class ConnectionsCommand
{
    public static Command Create()
    {
        var connections = NumberOptions.Number("--connections", "Number of connections.", 1000, 1, 1_000_000);
        var hold = NumberOptions.Seconds("--hold", "Idle seconds before the server's memory is read.", 5);
        var rounds = NumberOptions.Number("--rounds", "Number of rounds: open, hold and close all connections.", 1, 1, 1000);
        var pid = ReportCommand.Pid();
        var room = new RoomChoice();

        var command = new Command("connections", "Idle connections: how fast they join, and what each costs the server.")
        {
            connections, hold, rounds, pid,
        };
        room.AddTo(command);

        return command.Running(async (parsed, phases, ct) => await room.UseAsync(parsed, async address =>
            await new ConnectionsRun(
                new ConnectionsPlan(
                parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(hold)), parsed.GetValue(rounds), parsed.GetValue(pid)),
                address,
                phases).RunAsync(ct), ct));
    }
}
