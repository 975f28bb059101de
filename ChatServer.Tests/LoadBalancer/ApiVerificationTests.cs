using System.Net;
using ChatServer.LoadBalancer.Apis;
using ChatServer.Settings;
using ChatServer.Tests.Support;
using ChatServer.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>A load balancer forwards requests only to Apis of this server, in networks that its operator allows.</summary>
public sealed class ApiVerificationTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Api_in_an_allowed_network_is_registered()
    {
        await using var api = await ServerAsync("""{"data":{"app":"chatserver","version":"1.0.0"}}""");
        await using var lb = await StartAsync();

        using var answer = await lb.RegisterAsync($"localhost:{Port(api)}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(await lb.ServersAsync());
    }

    [Theory]
    [InlineData("""{"data":{"app":"another"}}""")]
    [InlineData("""{"data":7}""")]
    [InlineData("[]")]
    [InlineData("not JSON")]
    public async Task Other_server_is_not_registered(string body)
    {
        await using var other = await ServerAsync(body);
        await using var lb = await StartAsync();

        using var answer = await lb.RegisterAsync($"127.0.0.1:{Port(other)}");

        await answer.IsProblemAsync(HttpStatusCode.BadGateway, "api-not-verified");
        Assert.Empty(await lb.ServersAsync());
    }

    [Fact]
    public async Task Address_without_a_server_is_not_registered()
    {
        await using var lb = await StartAsync();
        using var answer = await lb.RegisterAsync($"127.0.0.1:{FreePort.Next()}");
        await answer.IsProblemAsync(HttpStatusCode.BadGateway, "api-not-verified");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    public async Task Address_outside_of_the_allowed_networks_is_refused_without_a_connection(string host)
    {
        await using var api = await ServerAsync("""{"data":{"app":"chatserver","version":"1.0.0"}}""");
        await using var lb = await StartAsync(("API_NETWORKS", "10.0.0.0/8"));

        using var answer = await lb.RegisterAsync($"{host}:{Port(api)}");

        await answer.IsProblemAsync(HttpStatusCode.Forbidden, "api-not-allowed");
        Assert.Empty(await lb.ServersAsync());
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("172.31.255.255", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("172.32.0.1", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("2001:db8::1", false)]
    public void Default_networks_are_loopback_and_private_ones(string address, bool isAllowed)
    {
        var configuration = new ConfigurationBuilder().Build();
        Assert.Equal(isAllowed, new ApiNetworks(configuration.Read(ServerSettings.ApiNetworks)).Allows(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("fe80::1")]
    public void Link_local_addresses_are_never_allowed(string address) => Assert.False(
        new ApiNetworks([System.Net.IPNetwork.Parse("0.0.0.0/0"), System.Net.IPNetwork.Parse("::/0")]).Allows(IPAddress.Parse(address)));

    private static Task<RunningLoadBalancer> StartAsync(params (string Name, string Value)[] settings) =>
        RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}", time: null, _ => { }, settings);

    private static async Task<WebApplication> ServerAsync(string body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body, Ct);
        });
        await app.StartAsync(Ct);
        return app;
    }

    private static int Port(WebApplication app) => new Uri(app.Urls.Single()).Port;
}
