using System.CommandLine;
using ChatServer.Cli.Bench.Rooms;

namespace ChatServer.Cli.Commands;

/// <summary><c>rooms</c>: the rate of creations, and the cost of an empty room.</summary>
internal static class RoomsCommand
{
    public static Command Create()
    {
        var rooms = NumberOptions.Number("--rooms", "Number of rooms.", 1000, 1, 1_000_000);
        var parallel = NumberOptions.Number("--parallel", "Maximum number of concurrent creations.", 32, 1, 1000);
        var pid = ReportCommand.Pid();
        var api = new ApiOptions();
        var admin = new AdminOptions();

        var command = new Command("rooms", "Empty rooms: the rate of creations, and the memory of each in the RoomHost.")
        {
            rooms, parallel, pid,
        };
        api.AddTo(command);
        admin.AddTo(command);

        return command.Running(async (parsed, phases, ct) =>
        {
            var atATime = parsed.GetValue(parallel);
            using var apiClient = api.Open(parsed, atATime);
            using var adminClient = admin.Open(parsed, atATime);
            var plan = new RoomsPlan(parsed.GetValue(rooms), atATime, api.Room(parsed), parsed.GetValue(pid));
            return await new RoomsRun(plan, apiClient, adminClient, phases).RunAsync(ct);
        });
    }
}
