using System.Text.Json;
using ChatServer.Settings;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.ServiceDefaults;

/// <summary>What each service writes to stdout in Production.</summary>
public sealed class ProductionLogTests
{
    private static readonly string[] Members = ["Timestamp", "EventId", "LogLevel", "Category", "Message", "State", "Scopes"];

    private static readonly (string Service, string Port, (string, string?)[] Settings)[] Services =
    [
        ("ChatServer.Api", "PORT", [("KEY", "a-key")]),
        ("ChatServer.Admin", "ADMIN_PORT", [("ADMIN_KEY", "a-key")]),
        ("ChatServer.RoomHost", "PORT", [("KEY", "a-key"), ("HOST_ID", "host-1")]),
        ("ChatServer.LoadBalancer", "PORT", [("LOADBALANCER_KEY", "a-key")]),
    ];

    // All services at once: each waits for a Redis that does not exist.
    [Fact]
    public Task Service_reports_its_start_in_one_line_and_a_crash_in_one_critical_line_that_names_the_cause() => Task.WhenAll(
        Services.Select(async service =>
        {
            await using var process = await ServiceProcess.StartAsync(
                service.Service, service.Port,
                [
                    ("ConnectionStrings__redis", "127.0.0.1:1,password=a-secret"), ("PUBLIC_URL", "https://chat.example"),
                    ("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location), .. service.Settings,
                ]);
            var start = await Eventually.Async(
                () => Entries(process).Find(entry => Message(entry).Contains(" started as ", StringComparison.Ordinal)),
                entry => entry.ValueKind == JsonValueKind.Object);
            Assert.StartsWith($"{service.Service} 1.0.0 started as ", Message(start), StringComparison.Ordinal);
            Assert.EndsWith(
                $" at {process.Http.BaseAddress!.ToString().TrimEnd('/')}; Redis: 127.0.0.1:1; public URL: https://chat.example.",
                Message(start), StringComparison.Ordinal);
            Assert.Equal(service.Service == "ChatServer.RoomHost", Message(start).Contains(" host-1 ", StringComparison.Ordinal));

            process.Process.Fail();
            await process.Process.WaitForExitAsync();

            Assert.NotEqual(0, process.Process.ExitCode);
            var crash = Assert.Single(Entries(process), entry => entry.GetProperty("LogLevel").GetString() == "Critical");
            Assert.Contains($"InvalidOperationException: {StartupHook.Cause}", Message(crash), StringComparison.Ordinal);
            Assert.All(Entries(process), entry =>
            {
                Assert.Equal(OperatorLog.Category, entry.GetProperty("Category").GetString());
                Assert.Equal(Members, entry.EnumerateObject().Select(member => member.Name).Where(name => name != "Exception"));
                Assert.True(entry.GetProperty("State").TryGetProperty("{OriginalFormat}", out _));
                Assert.True(entry.GetProperty("Timestamp").TryGetDateTimeOffset(out _));
            });
            Assert.DoesNotContain("a-secret", process.Process.Output, StringComparison.Ordinal);
        }));

    private static string Message(JsonElement entry) => entry.GetProperty("Message").GetString()!;

    // Other lines are those of the runtime on stderr.
    private static List<JsonElement> Entries(ServiceProcess process) =>
        [.. process.Process.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
}
