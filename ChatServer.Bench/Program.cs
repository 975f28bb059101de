using System.CommandLine;
using ChatServer.Bench.Commands;

var bench = new RootCommand(
    """
    Loads a ChatServer deployment and checks every delivery, or checks its configuration.
    Exit code: 0 all is well, 1 something was lost, repeated, reordered, cut off or misconfigured, 2 the run could not be done.
    """)
{
    FanoutCommand.Create(),
    ConnectionsCommand.Create(),
    RoomsCommand.Create(),
    DrillCommand.Create(),
    StormCommand.Create(),
    HistoryReadsCommand.Create(),
    DoctorCommand.Create(),
};

var parsed = bench.Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCodes.CannotRun : exitCode;
