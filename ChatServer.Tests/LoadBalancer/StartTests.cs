using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

public sealed class StartTests
{
    [Theory]
    [InlineData("LOADBALANCER_KEY")]
    [InlineData("ConnectionStrings__redis")]
    public async Task A_missing_setting_ends_the_process_with_one_line_that_names_it(string missing)
    {
        var settings = new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["LOADBALANCER_KEY"] = "k",
            ["ConnectionStrings__redis"] = "127.0.0.1:1",
            [missing] = null,
        };
        await using var process = ServerProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "ChatServer.LoadBalancer.dll")], settings);

        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith($"{missing} is not set", Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
