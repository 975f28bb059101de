using ChatServer.Backplane.Connections;
using ChatServer.Cli.Doctor;
using ChatServer.Cli.Doctor.Checks;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Doctor;

public sealed class RedisCheckTests
{
    private static readonly RedisServerFacts Good = new(
        "10.0.0.1:6379", new Version(7, 0), MaxMemory: 1 << 30, "noeviction", IsAppendOnly: true, ReplicaLag: [100], PubSubBufferLimit: 32 << 20,
        ClusterSlots: 16_384, DateTimeOffset.UtcNow);

    public static TheoryData<string, Func<RedisServerFacts, RedisServerFacts>> Misconfigured => new()
    {
        { "redis-version", good => good with { Version = new Version(6, 2) } },
        { "redis-eviction", good => good with { MaxMemoryPolicy = "allkeys-lru" } },
        { "redis-persistence", good => good with { IsAppendOnly = false } },
        { "redis-replica-lag", good => good with { ReplicaLag = [0, 2_000_000] } },
        { "redis-pubsub-buffer", good => good with { PubSubBufferLimit = 1 << 20 } },
        { "redis-cluster-slots", good => good with { ClusterSlots = 16_383 } },
        { "redis-clock", good => good with { Clock = DateTimeOffset.UtcNow.AddHours(1) } },
    };

    [Theory]
    [MemberData(nameof(Misconfigured))]
    public void Each_misconfiguration_is_found(string check, Func<RedisServerFacts, RedisServerFacts> misconfigure)
    {
        var finding = Assert.Single(RedisCheck.Check(misconfigure(Good with { Clock = DateTimeOffset.UtcNow })));
        Assert.Equal(check, finding.Check);
        Assert.All([finding.Problem, finding.Reason, finding.Fix], Assert.NotEmpty);
    }

    [Fact]
    public void Values_that_a_server_does_not_report_are_no_findings() => Assert.Empty(RedisCheck.Check(
        Good with { MaxMemoryPolicy = null, IsAppendOnly = null, PubSubBufferLimit = null, ClusterSlots = null, Clock = DateTimeOffset.UtcNow }));

    [Fact]
    [Needs(OptionalProgram.RedisServer)]
    public async Task Facts_are_read_from_a_server()
    {
        await using var redis = new InstalledRedis
        {
            Arguments = ["--maxmemory-policy", "allkeys-lru", "--client-output-buffer-limit", "pubsub 1mb 512kb 60"],
        };
        await redis.StartAsync();

        var findings = await RunAsync(redis.ConnectionString);

        Assert.Equal(
            ["redis-eviction", "redis-persistence", "redis-pubsub-buffer"], findings.Select(finding => finding.Check).Order());
    }

    [Theory]
    [InlineData("127.0.0.1:1", "redis-connection")]
    public async Task Server_that_does_not_answer_is_found(string connectionString, string check) =>
        Assert.Equal(check, Assert.Single(await RunAsync(connectionString)).Check);

    private static Task<IReadOnlyList<Finding>> RunAsync(string connectionString) =>
        new RedisCheck().RunAsync(new DoctorTarget { Redis = connectionString }, TestContext.Current.CancellationToken);
}
