using System.CommandLine;
using ChatServer.Bench.Fanout;
using ChatServer.Contracts;

namespace ChatServer.Bench.Commands;

/// <summary><c>fanout</c>: the cost of deliveries in one room with many members.</summary>
internal static class FanoutCommand
{
    private const int DefaultWindow = 8;

    public static Command Create()
    {
        var clients = BenchOptions.Number("--clients", "Members of the room.", 100, 1, 100_000);
        var publishers = BenchOptions.Number("--publishers", "Number of publishing members.", 8, 1, 1000);
        var window = new Option<int?>("--window")
        {
            Description = $"Messages in flight per publisher, until their echo; {DefaultWindow} without --rate.",
        };
        var rate = new Option<double?>("--rate") { Description = "Messages per second of all publishers together, instead of a window." };
        var payload = BenchOptions.Number("--payload", "Characters of a message.", 100, BenchText.MinLength, Limits.MaxTextLength);
        var warmUp = BenchOptions.Seconds("--warm-up", "Seconds before the measurement.", 2);
        var duration = BenchOptions.Seconds("--duration", "Seconds of the measurement.", 10, least: 0.1);
        var drain = BenchOptions.Seconds("--drain", "Seconds without a delivery after which missing ones count as lost.", 5, least: 0.1);
        var pid = BenchCommand.Pid();
        var room = new RoomChoice();

        var command = new Command(
            "fanout", "One room with many members: deliveries per second, latencies, and whether each message arrives once and in order.")
        {
            clients, publishers, window, rate, payload, warmUp, duration, drain, pid,
        };
        room.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(window) is not null && result.GetValue(rate) is not null)
                result.AddError("--window and --rate exclude each other.");
            if (result.GetValue(window) is < 1 or > 10_000)
                result.AddError("--window is from 1 to 10000.");
            if (result.GetValue(rate) is <= 0 or > 10_000_000)
                result.AddError("--rate is above 0, and at most 10000000.");
        });

        return command.Running(async (parsed, phases, ct) => await room.UseAsync(parsed, async address =>
        {
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
            using var run = new FanoutRun(plan, address, phases);
            return await run.RunAsync(ct);
        }, ct));
    }
}
