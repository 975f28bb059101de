using System.Collections.Concurrent;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Tests.Support;

/// <summary>A service with the defaults of all services and nothing else, on its own port.</summary>
public sealed class DefaultService : IAsyncLifetime
{

    private WebApplication? _app;

    /// <summary>The service's name in the configuration, for service discovery.</summary>
    public const string Name = "default-service";

    private readonly ConcurrentDictionary<string, bool> _failed = new();
    private int _flakyRequests;

    /// <summary>Settings beside the port and the key.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Number of requests to <c>/fails-once/{key}</c>, which answers 503 to the first one of a key.</summary>
    public int FlakyRequests => _flakyRequests;

    /// <summary>A client from the service's <c>IHttpClientFactory</c>.</summary>
    public HttpClient CreateClient() => _app!.Services.GetRequiredService<IHttpClientFactory>().CreateClient();

    /// <summary>Result of the check "dependency". A test that changes it restores it.</summary>
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
        builder.Configuration.AddInMemoryCollection(Settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.AddServiceDefaults();
        builder.AddHttpClientDefaults();
        builder.AddWebConventions();
        builder.ListenOn(ServerSettings.ApiPort);
        builder.Services.AddHealthChecks().AddAsyncCheck("dependency", () => Task.FromResult(DependencyIsUp
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("it is away")));

        _app = builder.Build();
        _app.UseProblems();
        _app.MapDefaultEndpoints();
        _app.MapGet("/throws", string () => throw new InvalidOperationException("a secret of the server"));
        var withKey = _app.MapGroup("/with-key").RequireApiKey(new ApiKeys(_app.Configuration.Read(ServerSettings.ApiKeys)));
        withKey.MapGet("/", () => TypedResults.Ok());
        withKey.MapPost("/", (Body body) => TypedResults.Ok(body.Text));
        _app.MapGet("/query", (int limit) => TypedResults.Ok(limit));
        _app.MapPost("/body", (Body body) => TypedResults.Ok(body.Text));
        _app.MapMethods("/fails-once/{key}", ["GET", "POST"], (string key) =>
        {
            Interlocked.Increment(ref _flakyRequests);
            return _failed.TryAdd(key, true) ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Ok();
        });
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        _app.Configuration[$"services:{Name}:http:0"] = _app.Urls.Single();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    public sealed record Body(string Text, int Number = 0);
}
