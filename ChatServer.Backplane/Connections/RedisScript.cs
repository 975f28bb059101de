using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>A Lua script of the folder <c>Scripts</c>. Its first lines state its effect, keys, arguments and result.</summary>
internal sealed class RedisScript
{
    public static readonly RedisScript CreateRoom = new("create-room.lua");
    public static readonly RedisScript PlaceRoom = new("place-room.lua");
    public static readonly RedisScript ClaimRoom = new("claim-room.lua");
    public static readonly RedisScript AbandonRoom = new("abandon-room.lua");
    public static readonly RedisScript RefuseRoom = new("refuse-room.lua");
    public static readonly RedisScript RestoreRoom = new("restore-room.lua");
    public static readonly RedisScript ReportRoom = new("report-room.lua");
    public static readonly RedisScript SaveSeats = new("save-seats.lua");
    public static readonly RedisScript ChangeOptions = new("change-options.lua");
    public static readonly RedisScript CloseRoom = new("close-room.lua");
    public static readonly RedisScript DeleteRoom = new("delete-room.lua");
    public static readonly RedisScript Append = new("append.lua");
    public static readonly RedisScript ReadLog = new("read-log.lua");
    public static readonly RedisScript RenewLease = new("renew-lease.lua");
    public static readonly RedisScript TryLead = new("lead.lua");
    public static readonly RedisScript ReleaseLease = new("release-lease.lua");
    public static readonly RedisScript PostAnnouncement = new("post-announcement.lua");
    public static readonly RedisScript TakeQuota = new("take-quota.lua");
    public static readonly RedisScript WriteAudit = new("write-audit.lua");
    public static readonly RedisScript ReadAudit = new("read-audit.lua");
    public static readonly RedisScript FindByUser = new("find-by-user.lua");
    public static readonly RedisScript MarkErased = new("mark-erased.lua");
    public static readonly RedisScript Moderate = new("moderate.lua");
    public static readonly RedisScript RestoreSanctions = new("restore-sanctions.lua");
    public static readonly RedisScript ReadSanctions = new("read-sanctions.lua");

    private readonly string _source;

    private RedisScript(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        _source = reader.ReadToEnd();
    }

    /// <summary>
    /// Runs the script by its hash. The library loads the script if Redis does not have it, for example after a restart. Only on the primary:
    /// a replica that lacks the last changes would answer that a term is over, or that there is no such room.
    /// </summary>
    public Task<RedisResult> RunAsync(IDatabase db, RedisKey[] keys, params RedisValue[] values) =>
        db.ScriptEvaluateAsync(_source, keys, values, CommandFlags.DemandMaster);
}
