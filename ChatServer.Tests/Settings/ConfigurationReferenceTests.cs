using ChatServer.Settings;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Settings;

/// <summary><c>docs/configuration.md</c> contains one table per process, and each follows from <see cref="ServerSettings"/>.</summary>
/// <remarks>With <c>UPDATE_DOCS=1</c> the test writes the tables instead of comparing them.</remarks>
public sealed class ConfigurationReferenceTests
{
    private static readonly bool Updates = Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1";

    private static string Document => Path.Combine(SourceTree.Root, "docs", "configuration.md");

    [Theory]
    [InlineData("All services", SettingReaders.Services)]
    [InlineData("Api", SettingReaders.Api)]
    [InlineData("Admin", SettingReaders.Admin)]
    [InlineData("RoomHost", SettingReaders.RoomHost)]
    [InlineData("LoadBalancer", SettingReaders.LoadBalancer)]
    [InlineData("Redis (embedded)", SettingReaders.Redis)]
    public void Reference_lists_every_setting_of_a_process(string heading, SettingReaders reader) => CheckTable(
        heading,
        [
            "| variable | default | value | meaning |", "|---|---|---|---|",
            .. ServerSettings.Of(reader)
                .Where(setting => reader == SettingReaders.Services == (setting.Readers == SettingReaders.Services))
                .Select(setting => $"| `{setting.Name}` | {Default(setting)} | {setting.ValueDescription} | {setting.Meaning} |"),
        ]);

    [Fact]
    public void Reference_lists_every_setting_of_the_AppHost() => CheckTable(
        "AppHost",
        [
            "| variable | default | meaning |", "|---|---|---|",
            .. ServerSettings.All
                .Where(setting => setting.AppHost is not null || setting.Readers == SettingReaders.AppHost)
                .Select(setting => setting.AppHost is { } appHost
                    ? $"| `{setting.Name}` | {appHost.Note ?? $"`{appHost.Value}`"} | {appHost.Meaning} |"
                    : $"| `{setting.Name}` | {Default(setting)} | {setting.Meaning} |"),
        ]);

    private static string Default(Setting setting) =>
        setting.DefaultNote is { } note ? note
        : setting.IsRequired ? "required"
        : string.IsNullOrEmpty(setting.DefaultText) ? "none"
        : $"`{setting.DefaultText}`";

    private static void CheckTable(string heading, IReadOnlyList<string> table)
    {
        var lines = File.ReadAllLines(Document).ToList();
        var start = lines.FindIndex(lines.IndexOf($"## {heading}"), line => line.StartsWith('|'));
        var end = lines.FindIndex(start, line => !line.StartsWith('|'));
        if (Updates)
        {
            lines.RemoveRange(start, end - start);
            lines.InsertRange(start, table);
            File.WriteAllLines(Document, lines);
            return;
        }
        Assert.Equal(table, lines[start..end]);
    }
}
