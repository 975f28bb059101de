using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>The application model as Aspire's manifest publisher writes it.</summary>
[Collection(AppHostCollection.Name)]
public sealed class PublishTests
{
    private static readonly string[] Services = ["admin", "api", "loadbalancer-1", "loadbalancer-2", "roomhost-1", "roomhost-2"];

    [Fact]
    public async Task The_manifest_has_the_services_an_external_Redis_and_no_development_values()
    {
        var folder = Directory.CreateTempSubdirectory("chatserver-manifest-");
        try
        {
            var file = Path.Combine(folder.FullName, "manifest.json");
            await using var publishing = AppHostProcess.Launch(["--publisher", "manifest", "--output-path", file]);
            await publishing.Process.WaitForExitAsync(RunningAppHost.Timeout);
            Assert.True(publishing.Process.ExitCode == 0, publishing.Process.Output);

            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            var resources = JsonDocument.Parse(text).RootElement.GetProperty("resources");

            Assert.Equal(
                Services,
                from resource in resources.EnumerateObject()
                where resource.Value.GetProperty("type").GetString() == "project.v0"
                select resource.Name into name
                orderby name
                select name);
            Assert.Equal("{redis.inputs.value}", resources.GetProperty("redis").GetProperty("value").GetString());
            Assert.All(Services, service => Assert.Equal("{redis.connectionString}", Environment(service, "ConnectionStrings__redis")));
            Assert.Equal("34000-65535", Environment("roomhost-1", "ROOM_PORTS"));
            Assert.All(Services, service => Assert.Null(Environment(service, "DOTNET_ENVIRONMENT")));
            // The forwarded headers of every client would be accepted.
            Assert.All(Services, service => Assert.NotEqual("true", Environment(service, "ASPNETCORE_FORWARDEDHEADERS_ENABLED")));
            Assert.DoesNotContain("TESTING_KEY", text, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);

            string? Environment(string service, string variable) =>
                resources.GetProperty(service).GetProperty("env").TryGetProperty(variable, out var value) ? value.GetString() : null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
