using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChatServer.LocalHosting.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>The dashboard of a board: a page on this machine's loopback address, for whoever sits at it.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    /// <summary>The port's variable. 0 is any free port.</summary>
    public const string PortVariable = "DASHBOARD_PORT";

    /// <summary>Where the dashboard is unless told otherwise, or where it is taken.</summary>
    public const int DefaultPort = 18888;

    private readonly WebApplication _app;

    private DashboardServer(WebApplication app, string url) => (_app, Url) = (app, url);

    /// <summary>The page's address, to print.</summary>
    public string Url { get; }

    /// <summary>Serves <paramref name="board"/> until it is disposed.</summary>
    /// <param name="board">What is shown, live.</param>
    /// <param name="port">The value of <see cref="PortVariable"/>. Null or empty: <see cref="DefaultPort"/>, or any free one where
    /// that is taken; the address is printed anyway, and a second topology must not need a setting for its dashboard.</param>
    /// <param name="loggers">Takes what goes wrong in the dashboard.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="ArgumentException"><paramref name="port"/> is no port.</exception>
    /// <exception cref="IOException">The port that was asked for is taken.</exception>
    public static async Task<DashboardServer> StartAsync(
        ResourceBoard board, string? port, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var app = Build(board, Port(port), loggers);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            return new DashboardServer(app, $"http://localhost:{new Uri(app.Urls.First()).Port}");
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Empty of everything that a server for others has: it reads no settings, of which the AppHost's are the services'.</summary>
    private static WebApplication Build(ResourceBoard board, int port, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddLogging();
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json => DashboardJson.Configure(json.SerializerOptions));
        builder.Services.Configure<HostFilteringOptions>(options =>
        {
            options.AllowedHosts = SameOrigin.Hosts;
            options.AllowEmptyHosts = false;
        });
        builder.Services.AddSingleton<IHostLifetime, RunnerLifetime>();
        builder.Services.AddSingleton(board);
        builder.Services.AddSingleton<DashboardStream>();
        builder.Services.AddSingleton<DashboardEndpoints>();

        var app = builder.Build();
        app.Use(DashboardPage.AddHeadersAsync);
        app.UseHostFiltering();
        app.Use(SameOrigin.RequireAsync);
        app.UsePage();
        app.UseRouting();
        app.Services.GetRequiredService<DashboardEndpoints>().Map(app);
        return app;
    }

    private static int Port(string? setting) => string.IsNullOrEmpty(setting)
        ? IsFree(DefaultPort) ? DefaultPort : 0
        : ushort.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new ArgumentException($"{PortVariable} must be a port from 0 to 65535, not '{setting}'.");

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The default one ends the dashboard at the first signal, when there is most to see: how everything stops. The runner,
    /// which gets the signal too, ends it last.</summary>
    private sealed class RunnerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
