using ChatServer.Settings;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class HostSettingsTests
{
    [Theory]
    [InlineData("ConnectionStrings__redis", null)]
    [InlineData("ConnectionStrings__redis", "127.0.0.1:1,foo=bar")]
    [InlineData("ConnectionStrings__redis", "127.0.0.1:many")]
    [InlineData("ConnectionStrings__redis", "localhost:99999")]
    [InlineData("ConnectionStrings__redis", "127.0.0.1:1,abortConnect=maybe")]
    [InlineData("ROOM_PORTS", "many")]
    [InlineData("MAX_ROOMS", "0")]
    [InlineData("HOST_ID", "no spaces")]
    [InlineData("TOKEN_JWKS", "ftp://id.example/jwks.json")]
    [InlineData("TOKEN_JWKS", "/no/such/file")]
    [InlineData("KEY", " , ")]
    [InlineData("BIND", "nowhere")]
    [InlineData("PORT", "many")]
    public async Task Missing_or_bad_setting_stops_the_process_with_one_line_that_names_it(string variable, string? value)
    {
        // No Redis listens there: a process with an invalid setting ends before it connects.
        (string, string?)[] settings = [("ConnectionStrings__redis", "127.0.0.1:1"), ("BIND", "127.0.0.1"), ("PORT", $"{FreePort.Next()}")];

        await using var process = ServiceProcess.Launch("ChatServer.RoomHost", [.. settings, (variable, value)]);
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(process.Output.TrimEnd().Split('\n'));
        Assert.StartsWith($"{variable} ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_KEY_and_an_unreachable_identity_provider_are_one_line_each_and_stop_nothing()
    {
        await using var redis = RedisServer.Preferred();
        await redis.StartAsync();

        await using var host = await ServiceProcess.StartAsync(
            "ChatServer.RoomHost", "PORT", ("ConnectionStrings__redis", redis.ConnectionString), ("BIND", "127.0.0.1"),
            ("TOKEN_JWKS", $"http://127.0.0.1:{FreePort.Next()}/jwks.json?secret=1"));

        await Eventually.Async(
            () => Task.FromResult(host.Process.Output),
            output => output.Contains("KEY is not set", StringComparison.Ordinal)
                && output.Contains("/jwks.json was not read", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", host.Process.Output, StringComparison.Ordinal);
        Assert.Equal(2, host.Log.Split('\n').Count(line => line.Contains(OperatorLog.Category, StringComparison.Ordinal)));
    }
}
