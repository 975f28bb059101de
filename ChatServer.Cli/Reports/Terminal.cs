using System.Text.Json;
using ChatServer.Contracts;
using Spectre.Console;

namespace ChatServer.Cli.Reports;

/// <summary>Writes progress to stderr and the report to stdout, so that a pipe gets only the report.</summary>
internal static class Terminal
{
    private static readonly JsonSerializerOptions Json = new(ContractJson.Options) { WriteIndented = true };

    /// <summary>Runs <paramref name="run"/> and shows its phases, unless JSON is requested.</summary>
    public static Task<IReport> ShowAsync(bool json, Func<IPhases, Task<IReport>> run) => AnsiConsole
        .Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(json && Console.IsErrorRedirected ? TextWriter.Null : Console.Error),
        })
        .Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(context => run(new Phases(context)));

    /// <summary>A table, or JSON.</summary>
    public static void Write(IReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize<object>(report, Json));
            return;
        }
        var table = new Table().HideHeaders().AddColumn("").AddColumn(new TableColumn("").RightAligned());
        foreach (var (name, value) in report.Rows())
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(report.Well ? "All is well." : "Not all is well: see above.");
    }

    private sealed class Phases(ProgressContext context) : IPhases
    {
        public IPhase Begin(string name, double end)
        {
            var task = context.AddTask(Markup.Escape(name), maxValue: end);
            // Otherwise progress in a file is written at intervals, and a short phase would have no line.
            context.Refresh();
            return new Phase(task, name);
        }
    }

    private sealed class Phase(ProgressTask task, string name) : IPhase
    {
        public void Report(double value, string? name = null)
        {
            task.Value = value;
            if (name is not null)
                task.Description = Markup.Escape(name);
        }

        public void Dispose()
        {
            task.Description = Markup.Escape(name);
            task.Value = task.MaxValue;
            task.StopTask();
        }
    }
}
