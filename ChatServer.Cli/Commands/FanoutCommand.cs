using System.CommandLine;
using ChatServer.Cli.Bench.Fanout;
using ChatServer.Contracts;

namespace ChatServer.Cli.Commands;

/// <summary><c>fanout</c>: the cost of deliveries in one room with many members.</summary>
internal static class FanoutCommand
{
    private const int DefaultWindow = 8;

    public static Command Create()
    {
        var clients = NumberOptions.Number("--clients", "Members of the room.", 100, 1, 100_000);
        var publishers = NumberOptions.Number("--publishers", "Number of publishing members.", 8, 1, 1000);
        var window = NumberOptions.OptionalNumber(
            "--window", $"Messages in flight per publisher, until their echo; {DefaultWindow} without --rate.", 1, 10_000);
        var rate = NumberOptions.OptionalRate(
            "--rate", "Messages per second of all publishers together, instead of a window.", 0.001, 10_000_000);
        var payload = NumberOptions.Number("--payload", "Characters of a message.", 100, BenchText.MinLength, Limits.MaxTextLength);
        var warmUp = NumberOptions.Seconds("--warm-up", "Seconds before the measurement.", 2);
        var duration = NumberOptions.Seconds("--duration", "Seconds of the measurement.", 10, least: 0.1);
        var drain = NumberOptions.Seconds("--drain", "Seconds without a delivery after which missing ones count as lost.", 5, least: 0.1);
        var pid = ReportCommand.Pid();
        var room = new RoomChoice();

        var command = new Command(
            "fanout", "One room with many members: deliveries per second, latencies, and whether each message arrives once and in order.")
        {
            clients, publishers, window, rate, payload, warmUp, duration, drain, pid,
        };
        room.AddTo(command);
        return command.Running(async (parsed, phases, ct) =>
        {
            if (parsed.GetValue(window) is not null && parsed.GetValue(rate) is not null)
                throw new CliException("--window and --rate exclude each other.");
            var plan = new FanoutPlan
            {
                Clients = parsed.GetValue(clients),
                Publishers = Math.Min(parsed.GetValue(publishers), parsed.GetValue(clients)),
                Window = parsed.GetValue(rate) is null ? parsed.GetValue(window) ?? DefaultWindow : 0,
                Rate = parsed.GetValue(rate) ?? 0,
                Payload = parsed.GetValue(payload),
                WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(duration)),
                Drain = TimeSpan.FromSeconds(parsed.GetValue(drain)),
                ServerPid = parsed.GetValue(pid),
            };
            return await room.UseAsync(parsed, async address =>
            {
                using var run = new FanoutRun(plan, address, phases);
                return await run.RunAsync(ct);
            }, ct);
        });
    }
}
