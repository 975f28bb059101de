using System.Globalization;
using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Deploy;

/// <summary>The units in <c>deploy/systemd</c>.</summary>
public sealed partial class SystemdUnitTests
{
    private const string DropIn = "drill.conf";

    private static readonly string Folder = Path.Combine(SourceTree.Root, "deploy/systemd");

    public static TheoryData<string> Units => new(Directory.GetFiles(Folder, "*.service").Select(file => Path.GetFileName(file)!));

    [Fact]
    public void Every_service_has_a_unit() => Assert.Equal(
        ServiceSettings.Services.Order(), Units.Select(unit => ServiceOf(unit.Data)).Order());

    [Theory]
    [MemberData(nameof(Units))]
    public void Unit_runs_its_service_with_settings_that_the_service_reads(string unit)
    {
        var service = ServiceOf(unit);
        var lines = File.ReadAllLines(Path.Combine(Folder, unit));
        var program = Assert.Single(Values(lines, "ExecStart"));
        Assert.Matches($"^/usr/bin/dotnet /opt/chatserver/{service}/ChatServer\\.[A-Za-z]+\\.dll$", program);
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, Path.GetFileName(program))), program);

        var variables = Values(lines, "Environment").ToDictionary(NameOf, value => ValueOf(value).Replace("%i", "2000").Replace("%H", "host"));
        foreach (var file in Values(lines, "EnvironmentFile").Where(file => !file.StartsWith('-')))
        {
            Assert.StartsWith("/etc/chatserver/", file, StringComparison.Ordinal);
            foreach (var line in File.ReadAllLines(Path.Combine(Folder, "env", Path.GetFileName(file))).Where(line => !line.StartsWith('#')))
                variables.Add(NameOf(line), ValueOf(line));
        }
        ServiceSettings.Check(service, variables);
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void Unit_stops_a_service_later_than_the_service_stops_itself(string unit)
    {
        var seconds = Values(File.ReadAllLines(Path.Combine(Folder, unit)), "TimeoutStopSec").Single().TrimEnd('s');

        // A RoomHost has 20 s (RoomHostServices), the others have the 30 s of .NET.
        Assert.True(int.Parse(seconds, CultureInfo.InvariantCulture) > (ServiceOf(unit) == "roomhost" ? 20 : 30));
    }

    [Fact]
    [Needs(OptionalProgram.SystemdAnalyze)]
    public async Task Systemd_accepts_the_units_and_the_drop_in_of_the_drill_without_a_warning()
    {
        var program = OptionalProgram.Require(OptionalProgram.SystemdAnalyze);
        var folder = Directory.CreateTempSubdirectory("chatserver-units-");
        try
        {
            foreach (var unit in Units.Select(unit => unit.Data))
            {
                // systemd-analyze checks that the program exists.
                var text = File.ReadAllText(Path.Combine(Folder, unit)).Replace("/usr/bin/dotnet", "/bin/sh", StringComparison.Ordinal);
                var file = Path.Combine(folder.FullName, unit.Replace("@", "@2000", StringComparison.Ordinal));
                File.WriteAllText(file, text);
                var dropIn = Path.Combine(Directory.CreateDirectory(file + ".d").FullName, DropIn);
                File.Copy(Path.Combine(Folder, DropIn), dropIn);
            }

            await using var verify = ServerProcess.Start(program, ["verify", "--man=no", .. Directory.GetFiles(folder.FullName)]);
            await verify.WaitForExitAsync();

            // It also reports units of the machine.
            Assert.DoesNotContain(folder.FullName, verify.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("chatserver", verify.Output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // chatserver-roomhost@.service
    private static string ServiceOf(string unit) => UnitName().Match(unit).Groups[1].Value;

    private static IEnumerable<string> Values(string[] lines, string key) =>
        lines.Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal)).Select(ValueOf);

    private static string NameOf(string line) => line[..line.IndexOf('=')];

    private static string ValueOf(string line) => line[(line.IndexOf('=') + 1)..];

    [GeneratedRegex(@"^chatserver-([a-z]+)@?\.service$")]
    private static partial Regex UnitName();
}
