using ChatServer.Settings;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Backplane.Audit;

/// <summary>The size of the audit trail.</summary>
/// <param name="MaxEntries">Maximum number of entries.</param>
/// <param name="MaxAge">Maximum age of an entry, by the clock of Redis.</param>
public sealed record AuditBounds(int MaxEntries, TimeSpan MaxAge)
{
    private const int UnauthorizedShare = 10;

    /// <summary>Maximum number of calls without a valid key, which are kept beside the other entries and cannot displace them.</summary>
    public int MaxUnauthorized => Math.Max(1, MaxEntries / UnauthorizedShare);

    /// <summary>Reads <c>AUDIT_ENTRIES</c> and <c>AUDIT_DAYS</c>.</summary>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static AuditBounds Read(IConfiguration configuration) => new(
        ServerSettings.AuditEntries.Read(key => configuration[key]),
        TimeSpan.FromDays(ServerSettings.AuditDays.Read(key => configuration[key])));
}
