using ChatServer.ServiceDefaults;
using ChatServer.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Tests.Support;

/// <summary>A service made of nothing but the defaults, on a port of its own: what these promise, they promise for every service.</summary>
public sealed class DefaultService : IAsyncLifetime
{
    private WebApplication? _app;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>What the check "dependency" answers; the tests that change it put it back.</summary>
    public bool DependencyIsUp { get; set; } = true;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["KEY"] = "old-key, new-key",
        });
        builder.AddServiceDefaults();
        builder.AddWebConventions();
        builder.ListenOn(80);
        builder.Services.AddHealthChecks().AddAsyncCheck("dependency", () => Task.FromResult(DependencyIsUp
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("it is away")));

        _app = builder.Build();
        _app.UseProblems();
        _app.MapDefaultEndpoints();
        _app.MapGet("/throws", string () => throw new InvalidOperationException("a secret of the server"));
        var withKey = _app.MapGroup("/with-key").RequireApiKey(ApiKeys.Require(_app.Configuration, "KEY"));
        withKey.MapGet("/", () => TypedResults.Ok());
        withKey.MapPost("/", (Body body) => TypedResults.Ok(body.Text));
        _app.MapGet("/query", (int limit) => TypedResults.Ok(limit));
        _app.MapPost("/body", (Body body) => TypedResults.Ok(body.Text));
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    public sealed record Body(string Text, int Number = 0);
}
