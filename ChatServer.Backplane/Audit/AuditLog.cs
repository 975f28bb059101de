using System.Globalization;
using System.Text.Json;
using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using ChatServer.Settings;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ChatServer.Backplane.Audit;

/// <summary>
/// The audit trail in Redis: who did what, when, from where, and with which result. Bounded by number and age. Calls with a key, commands
/// of moderators and calls without a valid key have a bound each, so that none of them displaces entries of the others.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed partial class AuditLog(
    BackplaneConnection connection, CorruptRecords corrupt, AuditBounds bounds, TimeProvider time, ILoggerFactory loggers)
{
    // A read takes some milliseconds of Redis; all entries are at most some dozens of them.
    private const int FilteredPerRead = 1000;

    private static readonly string[] Lists = [RedisNames.Audit, RedisNames.ModeratorCommands, RedisNames.UnauthorizedCalls];

    private readonly ILogger _operatorLogger = loggers.CreateLogger(OperatorLog.Category);
    private readonly UnauthorizedCallLimiter _unauthorized = new(time);

    /// <summary>
    /// Stores an entry; its number and time are assigned. Never throws because Redis is unavailable: the action was already carried out or
    /// refused, so a failure of its caller would be wrong. The entry is then in the log for operators.
    /// </summary>
    public async Task WriteAsync(AuditEntry entry)
    {
        var isUnauthorized = entry.Result == AuditEntry.Unauthorized;
        if (isUnauthorized)
        {
            if (!_unauthorized.TryAcquire(out var omitted))
                return;
            entry = entry with { Omitted = omitted };
        }
        var json = JsonSerializer.Serialize(entry, ContractJson.Options);
        try
        {
            await connection.RunAsync(db => RedisScript.WriteAudit.RunAsync(
                db, [RedisNames.AuditCounter, ListOf(entry)],
                json, isUnauthorized ? bounds.MaxUnauthorized : bounds.MaxEntries, (long)bounds.MaxAge.TotalMilliseconds));
        }
        catch (BackplaneUnavailableException e)
        {
            Log.NotStored(_operatorLogger, json, e.Message);
        }
    }

    /// <summary>Returns the entries before a number, newest first. Corrupt entries are left out.</summary>
    /// <param name="before">The number; null: from the newest entry.</param>
    /// <param name="limit">Maximum number of entries, at least 1.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<IReadOnlyList<AuditEntry>> ReadAsync(long? before, int limit, CancellationToken ct = default)
    {
        var lists = await Task.WhenAll(Lists.Select(list => ReadAsync(list, before, limit, ct)));
        return [.. lists.SelectMany(list => list).OrderByDescending(entry => entry.Number).Take(limit)];
    }

    /// <summary>Returns the entries before a number that match a filter, newest first. It may read all entries.</summary>
    /// <param name="before">The number; null: from the newest entry.</param>
    /// <param name="limit">Maximum number of entries, at least 1.</param>
    /// <param name="filter">The entries to return.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<IReadOnlyList<AuditEntry>> ReadAsync(long? before, int limit, AuditFilter filter, CancellationToken ct = default)
    {
        if (filter == AuditFilter.None)
            return await ReadAsync(before, limit, ct);
        var found = new List<AuditEntry>();
        while (await ReadAsync(before, FilteredPerRead, ct) is { Count: > 0 } page)
        {
            found.AddRange(page.Where(filter.Matches).Take(limit - found.Count));
            if (found.Count == limit)
                break;
            before = page[^1].Number;
        }
        return found;
    }

    private async Task<List<AuditEntry>> ReadAsync(string key, long? before, int limit, CancellationToken ct)
    {
        var result = await connection.RunAsync(
            db => RedisScript.ReadAudit.RunAsync(db, [key], before is { } number ? number : RedisValue.EmptyString, limit), ct);
        var now = DateTimeOffset.FromUnixTimeMilliseconds((long)result[0]);
        // A write removes old entries; there may not have been one for a while.
        return
        [
            .. ((string[])result[1]!).Select(text => TryParse(key, text)).OfType<AuditEntry>()
                .TakeWhile(entry => entry.Time >= now - bounds.MaxAge),
        ];
    }

    private static string ListOf(AuditEntry entry) =>
        entry.Result == AuditEntry.Unauthorized ? RedisNames.UnauthorizedCalls
        : entry.IsCommand ? RedisNames.ModeratorCommands
        : RedisNames.Audit;

    // "{number} {Unix time in ms} {entry}"
    private AuditEntry? TryParse(string key, string text)
    {
        try
        {
            var parts = text.Split(' ', 3);
            return JsonSerializer.Deserialize<AuditEntry>(parts[2], ContractJson.Options)! with
            {
                Number = long.Parse(parts[0], CultureInfo.InvariantCulture),
                Time = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[1], CultureInfo.InvariantCulture)),
            };
        }
        catch (Exception e) when (e is IndexOutOfRangeException || CorruptRecordException.IsCause(e))
        {
            corrupt.Report(key, e);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The audit trail could not be written: {Reason} The entry: {Entry}")]
        public static partial void NotStored(ILogger logger, string entry, string reason);
    }
}
