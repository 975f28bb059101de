using Microsoft.Extensions.Hosting;

namespace ChatServer.Web;

/// <summary>
/// The lifetime of an application inside another one: it handles no signals. The default one would take SIGTERM for itself, and the process
/// would not stop.
/// </summary>
public sealed class NoSignals : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
