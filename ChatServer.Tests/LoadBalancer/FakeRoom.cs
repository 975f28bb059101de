using System.Collections.Concurrent;
using System.Net;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>A simulated room: answers a GET with its name.</summary>
public sealed class FakeRoom : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeRoom(WebApplication app, string name) => (_app, Name) = (app, name);

    public string Name { get; }

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The requests, oldest first.</summary>
    public ConcurrentQueue<(string Target, Dictionary<string, string> Headers)> Requests { get; } = new();

    /// <summary>Whether it checks the room name in the request, as a RoomHost does.</summary>
    public bool IsStrict { get; set; }

    public static async Task<FakeRoom> StartAsync(string name, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var room = new FakeRoom(builder.Build(), name);
        room._app.Run(room.AnswerAsync);
        await room._app.StartAsync();
        return room;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Requests.Enqueue(($"{request.Method} {request.Path}{request.QueryString}",
            request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (IsStrict && request.Headers[RoomUrls.RoomHeader] != Name)
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            await context.Response.WriteAsync("Not here.");
        }
        else
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            await context.Response.WriteAsync(Name);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
