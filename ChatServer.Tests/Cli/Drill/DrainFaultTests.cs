using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ChatServer.Cli;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>The fault <c>drain</c>, with a simulated Admin.</summary>
public sealed class DrainFaultTests : IAsyncLifetime
{
    private readonly WebApplication _app = Create();
    private readonly ConcurrentQueue<string> _orders = [];
    private volatile HostLoad[] _hosts = [Host("roomhost-1", rooms: 3)];
    private int _loadReports;
    private AttachedDeployment _deployment = null!;

    public async ValueTask InitializeAsync()
    {
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        var address = new Uri(_app.Urls.Single());
        _deployment = new AttachedDeployment(new ApiClient(address, "key"), new ApiClient(address, "key"), [], []);
    }

    public async ValueTask DisposeAsync()
    {
        await _deployment.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Drain_waits_for_a_second_host_that_is_up()
    {
        _hosts = [Host("roomhost-1", rooms: 3), Host("roomhost-2", rooms: 9, "stopping")];
        var draining = new DrainFault("drain").InjectAsync(_deployment, [], 0, TestContext.Current.CancellationToken);
        await Eventually.Async(() => Volatile.Read(ref _loadReports), reports => reports >= 3);
        Assert.Empty(_orders);
        _hosts = [Host("roomhost-1", rooms: 3), Host("roomhost-2", rooms: 0)];
        await Eventually.Async(() => !_orders.IsEmpty);
        _hosts = [Host("roomhost-1", rooms: 0, "draining"), Host("roomhost-2", rooms: 3)];
        await draining.WaitAsync(Eventually.Timeout);
        Assert.Equal(["/api/v1/host/roomhost-1/drain", "/api/v1/host/roomhost-1/resume"], _orders);
    }

    [Fact]
    public async Task Drain_without_a_second_host_fails_after_the_time_limit()
    {
        var fault = new DrainFault("drain") { HostTimeout = TimeSpan.FromSeconds(0.5) };
        var failed = await Assert.ThrowsAsync<CliException>(
            () => fault.InjectAsync(_deployment, [], 0, TestContext.Current.CancellationToken).WaitAsync(Eventually.Timeout));
        Assert.Equal("drain needs a second live host: after 0.5 s there are 1.", failed.Message);
        Assert.Empty(_orders);
    }

    private static WebApplication Create()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder.Build();
    }

    private static HostLoad Host(string id, int rooms, string state = "up") =>
        new(id, "127.0.0.1", rooms, 100, 0, 0, 0, 0, state, "1.0.0", DateTimeOffset.UnixEpoch);

    private Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            _orders.Enqueue(context.Request.Path);
            return context.Response.WriteAsync("""{"data":{"id":"roomhost-1","message":"as ordered"}}""");
        }
        Interlocked.Increment(ref _loadReports);
        var report = new LoadReport([0, 0, 0], 1, 1, 1, 1, "", 100, 1, "PT1S", true, _hosts);
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { data = report }, ContractJson.Options));
    }
}
