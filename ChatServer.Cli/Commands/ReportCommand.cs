using System.CommandLine;
using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Commands;

/// <summary>The common part of all commands: progress, a report as a table or as JSON, and the exit code.</summary>
internal static class ReportCommand
{
    /// <summary>Option with the process id of the server, for its CPU time and memory.</summary>
    public static Option<int?> Pid() =>
        new("--pid") { Description = "Process id of the RoomHost, on this machine: adds its CPU time and memory to the report." };

    /// <summary>Adds <c>--json</c> to <paramref name="command"/> and sets its action to <paramref name="run"/>.</summary>
    public static Command Running(this Command command, Func<ParseResult, IPhases, CancellationToken, Task<IReport>> run)
    {
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        command.Options.Add(json);
        command.SetAction(async (parsed, ct) =>
        {
            try
            {
                var report = await Terminal.ShowAsync(parsed.GetValue(json), phases => run(parsed, phases, ct));
                Terminal.Write(report, parsed.GetValue(json));
                return report.Well ? ExitCodes.Success : ExitCodes.FaultsFound;
            }
            catch (CliException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return ExitCodes.CannotRun;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("Interrupted.");
                return ExitCodes.CannotRun;
            }
        });
        return command;
    }
}
