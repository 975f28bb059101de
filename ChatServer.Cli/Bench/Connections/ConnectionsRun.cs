using System.Diagnostics;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Reports;
using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Bench.Connections;

/// <summary>Parameters of a connections run.</summary>
/// <param name="Connections">Number of connections.</param>
/// <param name="Hold">Idle time before the server's memory is read.</param>
/// <param name="Rounds">Number of rounds.</param>
/// <param name="ServerPid">Process id of the server, if it runs on this machine.</param>
internal sealed record ConnectionsPlan(int Connections, TimeSpan Hold, int Rounds, int? ServerPid);

/// <summary>Opens idle connections, holds them, and closes them, in several rounds.</summary>
internal sealed class ConnectionsRun(ConnectionsPlan plan, RoomAddress room, IPhases phases)
{
    public async Task<ConnectionsReport> RunAsync(CancellationToken ct)
    {
        var idle = ProcessSample.Of(plan.ServerPid);
        var rounds = new List<ConnectionsRound>();
        for (var round = 1; round <= plan.Rounds; round++)
            rounds.Add(await RoundAsync(round, idle, ct));
        return new ConnectionsReport { Connections = plan.Connections, Rounds = rounds };
    }

    private async Task<ConnectionsRound> RoundAsync(int round, ProcessSample? idle, CancellationToken ct)
    {
        var members = new List<IdleMember>(plan.Connections);
        try
        {
            for (var i = 0; i < plan.Connections; i++)
                members.Add(new IdleMember());
            var seconds = await OpenAsync(round, members, ct);
            await HoldAsync(round, ct);
            var server = ProcessSample.Of(plan.ServerPid);
            return new ConnectionsRound(
                seconds,
                plan.Connections / seconds,
                server?.RssBytes,
                (double?)(server?.RssBytes - idle?.RssBytes) / plan.Connections,
                members.Count(member => member.Closed is not null));
        }
        finally
        {
            using var phase = phases.Begin($"round {round}: closing", 1);
            foreach (var member in members) member.Dispose();
        }
    }

    private async Task<double> OpenAsync(int round, List<IdleMember> members, CancellationToken ct)
    {
        using var phase = phases.Begin($"round {round}: opening {plan.Connections} connections", plan.Connections);
        var connector = new RoomConnector(room);
        var watch = Stopwatch.StartNew();
        await ParallelJoins.AllAsync(plan.Connections, (i, ct) => members[i].JoinAsync(connector, i, ct), done => phase.Report(done), ct);
        return watch.Elapsed.TotalSeconds;
    }

    private async Task HoldAsync(int round, CancellationToken ct)
    {
        using var phase = phases.Begin($"round {round}: holding them", plan.Hold.TotalSeconds);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < plan.Hold)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
            phase.Report(watch.Elapsed.TotalSeconds);
        }
    }
}
