using ChatServer.Settings;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tokens.Jwks;

/// <summary>A JWK set in a file, which is read again when it has changed. If that fails, the known keys remain in force.</summary>
internal sealed partial class JwksFile : IJwksSource
{
    private readonly string _path;
    private readonly string? _issuer, _audience;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private JwkSet _set;
    private (DateTime WrittenAt, long Length) _version;
    private string? _lastFailure;

    /// <exception cref="StartupException">The file cannot be read, or is not a JWK set.</exception>
    public JwksFile(string path, string? issuer, string? audience, ILogger logger)
    {
        (_path, _issuer, _audience, _logger) = (path, issuer, audience, logger);
        try
        {
            _set = Read(ifOtherThan: null)!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartupException($"{ServerSettings.TokenJwks.Name} names a file without keys: {Describe(e)}.");
        }
    }

    public Task<JwkSet> GetAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            try
            {
                _set = Read(ifOtherThan: _version) ?? _set;
                _lastFailure = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                LogOnce(Describe(e));
            }
            return Task.FromResult(_set);
        }
    }

    public Task<JwkSet> RefreshAsync(CancellationToken ct) => GetAsync(ct);

    // Null if the file has not changed. By its handle: the path may be a link that leads to another file now.
    private JwkSet? Read((DateTime, long)? ifOtherThan)
    {
        using var file = File.OpenHandle(_path);
        var version = (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        if (version == ifOtherThan)
            return null;
        _version = version;
        if (_version.Length > JwkSet.MaxBytes)
            throw new FormatException($"has more than {JwkSet.MaxBytes} bytes");
        var json = new byte[_version.Length];
        var length = RandomAccess.Read(file, json, fileOffset: 0);
        return JwkSet.Parse(json.AsSpan(0, length), _issuer, _audience);
    }

    private string Describe(Exception e) =>
        e is FormatException ? $"{_path} {e.Message}" : $"{_path} cannot be read: {e.Message.TrimEnd('.')}";

    private void LogOnce(string failure)
    {
        if (_lastFailure == failure)
            return;
        _lastFailure = failure;
        Log.SetNotRead(_logger, failure);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "TOKEN_JWKS: {Failure}. The keys that were read before remain in force.")]
        public static partial void SetNotRead(ILogger logger, string failure);
    }
}
