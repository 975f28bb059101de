using ChatServer.Tokens.Jwks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tokens;

/// <summary>
/// At the start of a process: reads the keys of the identity provider before the first token needs them, without waiting for a URL, and
/// reports a missing <c>KEY</c>. A bad file of keys stops the process, because its source cannot be created.
/// </summary>
internal sealed partial class TokenStart(IJwksSource? jwks, bool hasApiKeys, ILogger logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = jwks?.GetAsync(CancellationToken.None).ContinueWith(read => read.Exception, TaskScheduler.Default);
        if (!hasApiKeys)
            Log.NoApiKeys(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "KEY is not set: join tokens that are signed with KEY are refused.")]
        public static partial void NoApiKeys(ILogger logger);
    }
}
