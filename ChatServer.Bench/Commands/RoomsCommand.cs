using System.CommandLine;
using ChatServer.Bench.Rooms;

namespace ChatServer.Bench.Commands;

/// <summary><c>rooms</c>: how fast rooms are created, and what an empty one costs.</summary>
internal static class RoomsCommand
{
    public static Command Create()
    {
        var rooms = BenchOptions.Number("--rooms", "How many.", 1000, 1, 1_000_000);
        var parallel = BenchOptions.Number("--parallel", "Creations under way at a time.", 32, 1, 1000);
        var pid = BenchCommand.Pid();
        var api = new ApiOptions();
        var admin = new AdminOptions();

        var command = new Command("rooms", "Empty rooms: how fast they are created, and what each costs the RoomHost.") { rooms, parallel, pid };
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
