using Microsoft.Extensions.Logging;

namespace ChatServer.Tokens.Jwks;

/// <summary>
/// A JWK set behind a URL. It is cached, read again in the background when it is old, and read again at once for an unknown key, at most
/// once in <see cref="MinInterval"/>: tokens of strangers must not cause a request each. While the provider cannot be reached, the known
/// keys remain in force.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
internal sealed partial class JwksUrl : IJwksSource, IDisposable
{
    /// <summary>Least time between two requests.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);

    /// <summary>Age at which the set is read again, so that keys which the provider removed are removed here.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Timeout of a request; half of what a handshake may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Uri _url;
    private readonly string? _issuer, _audience;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _client;
    private readonly Lock _gate = new();
    private Task? _request;
    private long? _requestedAt;
    private JwkSet? _set;
    private string? _lastFailure;

    public JwksUrl(Uri url, string? issuer, string? audience, TimeProvider time, ILogger logger)
    {
        (_url, _issuer, _audience, _time, _logger) = (url, issuer, audience, time, logger);
        // No redirects: the operator has named the address from which keys are trusted. No decompression: the limit is of what is read.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = MaxAge,
        };
        _client = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = JwkSet.MaxBytes };
    }

    public async Task<JwkSet> GetAsync(CancellationToken ct)
    {
        var request = BeginRequest(minAge: MaxAge);
        return Volatile.Read(ref _set) ?? await AfterAsync(request, ct);
    }

    public Task<JwkSet> RefreshAsync(CancellationToken ct) => AfterAsync(BeginRequest(minAge: MinInterval), ct);

    public void Dispose() => _client.Dispose();

    private async Task<JwkSet> AfterAsync(Task request, CancellationToken ct)
    {
        await request.WaitAsync(ct);
        return Volatile.Read(ref _set) ?? throw new TokenKeysUnavailableException();
    }

    // The request in flight, a new one, or the last one if it is younger than the age.
    private Task BeginRequest(TimeSpan minAge)
    {
        lock (_gate)
        {
            if (_set is null)
                minAge = MinInterval;
            if (_request is null || (_request.IsCompleted && _time.GetElapsedTime(_requestedAt!.Value) >= minAge))
            {
                _requestedAt = _time.GetTimestamp();
                _request = RequestAsync();
            }
            return _request;
        }
    }

    private async Task RequestAsync()
    {
        try
        {
            var json = await _client.GetByteArrayAsync(_url);
            Volatile.Write(ref _set, JwkSet.Parse(json, _issuer, _audience));
            _lastFailure = null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or FormatException)
        {
            LogOnce(
                e is FormatException ? $"the answer {e.Message}"
                : e is TaskCanceledException ? "it did not answer in time"
                : e.Message);
        }
    }

    private void LogOnce(string failure)
    {
        if (_lastFailure == failure)
            return;
        _lastFailure = failure;
        Log.SetNotRead(_logger, _url.GetLeftPart(UriPartial.Path), failure.TrimEnd('.'));
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message =
            "TOKEN_JWKS: {Url} was not read: {Failure}. Only keys that were read before verify tokens; the next attempt follows a token.")]
        public static partial void SetNotRead(ILogger logger, string url, string failure);
    }
}
