using System.CommandLine;
using ChatServer.Cli.Commands;

var root = new RootCommand(
    """
    Measures a ChatServer deployment, injects faults into it, or checks its configuration.
    Exit code: 0 all is well, 1 something was lost, repeated, reordered, cut off or misconfigured, 2 the run could not be done.
    """)
{
    new Command("bench", "Loads of one kind: what they cost, and whether each message arrives once and in order.")
    {
        FanoutCommand.Create(),
        ConnectionsCommand.Create(),
        RoomsCommand.Create(),
        StormCommand.Create(),
        HistoryReadsCommand.Create(),
    },
    DrillCommand.Create(),
    DoctorCommand.Create(),
};

var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCodes.CannotRun : exitCode;
