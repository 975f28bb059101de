using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>
/// An Api that echoes each request. With <c>?die</c> it accepts the request and aborts the connection; with <c>?hold</c> it answers after
/// <see cref="ReleaseHeld"/>; with the header <c>Answer</c> it
/// answers with the header <c>Answered</c> of the same value. Headers are read and written as Latin-1: a character for each byte.
/// </summary>
public sealed class FakeApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeApi(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The requests, oldest first.</summary>
    public ConcurrentQueue<(string Target, Dictionary<string, string> Headers)> Requests { get; } = new();

    public static async Task<FakeApi> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.RequestHeaderEncodingSelector = kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        var api = new FakeApi(builder.Build());
        api._app.Run(api.AnswerAsync);
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Answers the requests that were held.</summary>
    public void ReleaseHeld() => _released.TrySetResult();

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
        if (request.Query.ContainsKey("hold"))
            await _released.Task.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        if (request.Headers["Answer"] is [{ } value])
            context.Response.Headers["Answered"] = value;
        await context.Response.WriteAsync($"{target} {text}");
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
