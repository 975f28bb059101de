using System.Security.Cryptography;
using System.Text;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>A secret that is created once in Redis, so a process that knows it has access to Redis.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public abstract class SharedSecret
{
    private const int SecretBytes = 32;

    // After a mismatch the secret is read again: Redis may have lost its data. Strangers who guess must not cause a read each.
    private static readonly TimeSpan MinReadInterval = TimeSpan.FromSeconds(1);

    private readonly BackplaneConnection _connection;
    private readonly TimeProvider _time;
    private readonly string _key;
    private readonly Lock _gate = new();
    private Task<string>? _read;
    private long _readAt;

    private protected SharedSecret(BackplaneConnection connection, TimeProvider time, string key) =>
        (_connection, _time, _key) = (connection, time, key);

    /// <summary>The secret, as it was read last.</summary>
    /// <param name="mismatched">A value that was refused: the secret is read again, unless that has happened since.</param>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the secret was never read.</exception>
    public async Task<string> GetAsync(string? mismatched = null)
    {
        Task<string> read;
        lock (_gate)
        {
            var isStale = _read is { IsCompletedSuccessfully: true } known && known.Result == mismatched
                && _time.GetElapsedTime(_readAt) >= MinReadInterval;
            if (_read is null or { IsFaulted: true } || isStale)
            {
                _readAt = _time.GetTimestamp();
                _read = ReadAsync(_read);
            }
            read = _read;
        }
        return await read;
    }

    /// <summary>
    /// Reads the secret again. If Redis lost its data, the known secret is stored, unless another process has stored one. A secret that was
    /// never read is not created: another process may know it.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the secret was never read.</exception>
    public Task RestoreAsync()
    {
        lock (_gate)
        {
            if (_read is null)
                return Task.CompletedTask;
            _readAt = _time.GetTimestamp();
            return _read = ReadAsync(_read);
        }
    }

    /// <summary>Whether <paramref name="secret"/> is the secret. The time that it takes does not depend on the value.</summary>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the secret was never read.</exception>
    public async Task<bool> IsValidAsync(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
            return false;
        var known = await GetAsync();
        return AreEqual(known, secret) || AreEqual(await GetAsync(mismatched: known), secret);
    }

    private async Task<string> ReadAsync(Task<string>? before)
    {
        try
        {
            return await _connection.RunAsync(async db =>
            {
                var secret = before is { IsCompletedSuccessfully: true }
                    ? before.Result
                    : Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretBytes));
                await db.StringSetAsync(_key, secret, when: When.NotExists);
                return (string?)await db.StringGetAsync(_key) ?? secret;
            });
        }
        catch (BackplaneUnavailableException) when (before is { IsCompletedSuccessfully: true })
        {
            return before.Result;
        }
    }

    private static bool AreEqual(string one, string other) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));
}

/// <summary>The secret with which load balancers authenticate at RoomHosts.</summary>
public sealed class RelaySecret(BackplaneConnection connection, TimeProvider time)
    : SharedSecret(connection, time, RedisNames.RelaySecret);

/// <summary>The secret with which the Admin signs its join tokens.</summary>
public sealed class AdminTokenSecret(BackplaneConnection connection, TimeProvider time)
    : SharedSecret(connection, time, RedisNames.AdminTokenSecret)
{
    /// <summary>
    /// The secret, as <see cref="SharedSecret.GetAsync"/> returns it; null if it was never read and Redis is unavailable.
    /// </summary>
    public async Task<string?> TryGetAsync(string? mismatched)
    {
        try
        {
            return await GetAsync(mismatched);
        }
        catch (BackplaneUnavailableException)
        {
            return null;
        }
    }
}

/// <summary>
/// The secret from which the <c>uid</c> of a member without a token is derived. It is independent of every <c>KEY</c>, so a rotation of
/// keys changes no identity.
/// </summary>
public sealed class IdentitySecret(BackplaneConnection connection, TimeProvider time)
    : SharedSecret(connection, time, RedisNames.IdentitySecret)
{
    /// <summary>The <c>uid</c> of a session: it does not reveal the session.</summary>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the secret was never read.</exception>
    public async Task<string> UidOfAsync(string session) => UserIds.OfSession(Convert.FromHexString(await GetAsync()), session);
}
