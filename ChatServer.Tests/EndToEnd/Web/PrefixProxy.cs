using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>A reverse proxy that serves one service below a path, which it removes, and answers 404 to every other path.</summary>
internal sealed class PrefixProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _client;

    private PrefixProxy(WebApplication app, HttpMessageInvoker client) => (_app, _client) = (app, client);

    public string Address => _app.Urls.Single();

    public static async Task<PrefixProxy> StartAsync(string prefix, ServiceProcess service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
        app.UsePathBase(prefix);
        app.Run(async context =>
        {
            if (context.Request.PathBase == prefix)
                await app.Services.GetRequiredService<IHttpForwarder>().SendAsync(context, ChatSite.AddressOf(service), client);
            else
                context.Response.StatusCode = StatusCodes.Status404NotFound;
        });
        await app.StartAsync();
        return new PrefixProxy(app, client);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }
}
