using System.Net;
using System.Net.Sockets;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class ApiStartTests
{
    /// <summary>A server that does not exist. A process that fails to start does not connect.</summary>
    private static readonly (string Name, string? Value) Redis = ("ConnectionStrings__redis", "127.0.0.1:1");

    private static readonly (string Name, string? Value) Key = ("KEY", "some-key");

    public static TheoryData<string, (string Name, string? Value)[]> InvalidSettings => new()
    {
        { "KEY", [Redis] },
        { "KEY", [Redis, ("KEY", "")] },
        { "KEY", [Redis, ("KEY", " , ")] },
        { "ConnectionStrings__redis", [Key] },
        { "ConnectionStrings__redis", [Key, ("ConnectionStrings__redis", "redis://user:password@localhost:6379")] },
        { "ConnectionStrings__redis", [Key, ("ConnectionStrings__redis", "rediss://localhost")] },
        { "ConnectionStrings__redis", [Key, ("ConnectionStrings__redis", "local host:6379")] },
        { "LOADBALANCER_KEY", [Redis, Key, ("LOADBALANCERS", "http://localhost:2000")] },
        { "LOADBALANCER_KEY", [Redis, Key, ("LOADBALANCERS", "http://localhost:2000"), ("LOADBALANCER_KEY", " , ")] },
        { "HOST", [Redis, Key, ("LOADBALANCERS", "http://localhost:2000"), ("LOADBALANCER_KEY", "k"), ("HOST", "no spaces")] },
        { "LOADBALANCERS", [Redis, Key, ("LOADBALANCERS", "localhost"), ("LOADBALANCER_KEY", "k")] },
        { "TOKEN_JWKS", [Redis, Key, ("TOKEN_JWKS", "ftp://id.example/jwks.json")] },
        { "TOKEN_JWKS", [Redis, Key, ("TOKEN_JWKS", "/no/such/file")] },
        { "TOKEN_JWKS", [Redis, Key, ("TOKEN_JWKS", "/dev/null")] },
        { "PUBLIC_URL", [Redis, Key, ("PUBLIC_URL", "chat.example")] },
        { "PORT", [Redis, Key, ("PORT", "many")] },
        { "BIND", [Redis, Key, ("BIND", "nowhere")] },
    };

    [Theory]
    [MemberData(nameof(InvalidSettings))]
    public async Task Missing_or_bad_setting_stops_the_process_with_one_line_that_names_it(
        string variable, (string Name, string? Value)[] settings)
    {
        await using var process = ServiceProcess.Launch("ChatServer.Api", settings);
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(process.Output.TrimEnd().Split('\n'));
        Assert.StartsWith($"{variable} ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("user:password", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taken_port_stops_the_process_with_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var process = ServiceProcess.Launch("ChatServer.Api", Redis, Key, ("BIND", "127.0.0.1"), ("PORT", $"{port}"));
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.Equal(
            $"Cannot listen on 127.0.0.1:{port}: address already in use. PORT sets the port, BIND the address.", process.Output.TrimEnd());
    }

    [Theory]
    [InlineData("Production", null, "")]
    [InlineData("Production", "Information", "{\"Timestamp\":")]
    [InlineData("Development", null, "info: ")]
    public async Task Logs_are_silent_after_the_start_in_production_JSON_on_request_and_readable_in_development(
        string environment, string? level, string expected)
    {
        await using var redis = RedisServer.Preferred();
        await redis.StartAsync();
        await using var api = await ServiceProcess.StartAsync(
            "ChatServer.Api", "PORT", ("ConnectionStrings__redis", redis.ConnectionString), Key,
            ("DOTNET_ENVIRONMENT", environment), ("Logging__LogLevel__Default", level));
        await api.Process.StopAsync();
        Assert.Equal(0, api.Process.ExitCode);
        if (expected.Length == 0) Assert.Equal("", api.Log);
        else Assert.Contains(expected, api.Process.Output.Split('\n')[0], StringComparison.Ordinal);
    }
}
