using ChatServer.LocalHosting.Logs;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.Tests.LocalHosting;

public sealed class ConsoleLogTests
{
    [Fact]
    public void Lines_stand_in_a_column_behind_the_names_of_their_resources()
    {
        Assert.Equal(
            ["api        | ready", "roomhost-1 | [not] (ready)"],
            Written(coloured: false, log =>
            {
                log.Write("api", LogStream.Out, "ready");
                log.Write("roomhost-1", LogStream.Error, "[not] (ready)");
            }));
    }

    [Fact]
    public void A_resource_keeps_its_colour_and_differs_from_the_others()
    {
        var lines = Written(coloured: true, log =>
        {
            log.Write("api", LogStream.Out, "1");
            log.Write("admin", LogStream.Out, "2");
            log.Write("api", LogStream.Runner, "3");
        });
        var colours = lines.Select(line => line[..line.IndexOf('m', StringComparison.Ordinal)]).ToList();

        Assert.Equal(colours[0], colours[2]);
        Assert.NotEqual(colours[0], colours[1]);
        Assert.All(colours, colour => Assert.StartsWith("\e[", colour, StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_process_complains_about_is_red_and_ends_there()
    {
        var line = Assert.Single(Written(coloured: true, log => log.Write("api", LogStream.Error, "no")));
        Assert.EndsWith("\e[31mno\e[0m", line, StringComparison.Ordinal);
    }

    private static string[] Written(bool coloured, Action<ConsoleLog> write)
    {
        using var output = new StringWriter();
        write(new ConsoleLog(output, coloured, width: 10));
        return output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
