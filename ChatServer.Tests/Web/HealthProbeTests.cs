using ChatServer.Settings;
using ChatServer.Tests.Support;
using ChatServer.Web;

namespace ChatServer.Tests.Web;

/// <summary>The command <c>health</c> of a service.</summary>
public sealed class HealthProbeTests(DefaultService service) : IClassFixture<DefaultService>
{
    [Theory]
    [InlineData(true, 0, "\"status\":\"ready\"")]
    [InlineData(false, 1, "it is away")]
    public async Task Exit_code_states_whether_the_service_is_ready(bool isReady, int exitCode, string answer)
    {
        service.DependencyIsUp = isReady;
        try
        {
            Assert.Contains(answer, await ProbeAsync($"{service.Http.BaseAddress!.Port}", exitCode), StringComparison.Ordinal);
        }
        finally
        {
            service.DependencyIsUp = true;
        }
    }

    [Fact]
    public Task Service_that_does_not_run_is_not_ready() => ProbeAsync($"{FreePort.Next()}", 1);

    [Fact]
    public async Task Port_0_is_refused() =>
        Assert.StartsWith("PORT is 0", (await Assert.ThrowsAsync<StartupException>(() => ProbeAsync("0", 1))).Message, StringComparison.Ordinal);

    private static async Task<string> ProbeAsync(string port, int exitCode)
    {
        using var output = new StringWriter();
        Assert.Equal(exitCode, await HealthProbe.RunAsync(ServerSettings.ApiPort, name => name == "PORT" ? port : null, output));
        return output.ToString();
    }
}
