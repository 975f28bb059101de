using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>An Api that echoes each request. With <c>?die</c> it accepts the request and aborts the connection.</summary>
public sealed class FakeApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApi(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The requests, oldest first.</summary>
    public ConcurrentQueue<(string Target, Dictionary<string, string> Headers)> Requests { get; } = new();

    public static async Task<FakeApi> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var api = new FakeApi(builder.Build());
        api._app.Run(api.AnswerAsync);
        await api._app.StartAsync();
        return api;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var target = $"{request.Method} {request.Path}{request.QueryString}";
        Requests.Enqueue((target, request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        using var body = new StreamReader(request.Body);
        var text = await body.ReadToEndAsync(context.RequestAborted);
        if (request.Query.ContainsKey("die"))
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsync($"{target} {text}");
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
