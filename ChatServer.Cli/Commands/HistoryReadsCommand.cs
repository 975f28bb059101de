using System.CommandLine;
using ChatServer.Cli.Bench.HistoryReads;
using ChatServer.Contracts;

namespace ChatServer.Cli.Commands;

/// <summary><c>history-reads</c>: clients request a large history and reset their connections.</summary>
internal static class HistoryReadsCommand
{
    public static Command Create()
    {
        var events = NumberOptions.Number("--events", "Number of events in the history, 24 KB each.", 1000, 1, RoomOptions.MaxHistory);
        var connections = NumberOptions.Number("--connections", "Number of handshakes in one wave.", 150, 1, 10_000);
        var seconds = NumberOptions.Seconds("--seconds", "Duration of the attack, in seconds.", 20, least: 1);
        var echo = NumberOptions.Number("--max-echo", "Maximum echo latency on the other host, in milliseconds.", 300);
        var redis = NumberOptions.Number("--max-redis", "Maximum resident memory of Redis, in MB.", 200);
        var target = new DeploymentChoice();

        var command = new Command(
            "history-reads",
            "Clients request the whole history of a room and reset their connections at once: memory, and the latency on the other host.")
        {
            events, connections, seconds, echo, redis,
        };
        target.AddTo(command);
        return command.Running(async (parsed, phases, ct) =>
        {
            var plan = new HistoryReadsPlan(
                parsed.GetValue(events), parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(echo), parsed.GetValue(redis) * 1_000_000L);
            await using var deployment = await target.OpenAsync(parsed, rooms: 2, phases, ct);
            return await new HistoryReadsRun(plan, deployment, phases).RunAsync(ct);
        });
    }
}
