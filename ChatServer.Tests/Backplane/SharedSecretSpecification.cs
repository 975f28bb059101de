using ChatServer.Backplane;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Backplane;

/// <summary>The secrets that processes share through Redis.</summary>
public abstract class SharedSecretSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Secret_is_the_same_for_all_processes_and_another_for_each_purpose()
    {
        var (one, other) = (Process(), Process());

        var secrets = await Task.WhenAll(one.AdminTokenSecret.GetAsync(), other.AdminTokenSecret.GetAsync());

        Assert.Equal(secrets[0], secrets[1]);
        Assert.NotEqual(secrets[0], await one.RelaySecret.GetAsync());
        Assert.Equal(64, secrets[0].Length);
    }

    [Fact]
    public async Task Refused_secret_is_read_again_at_most_once_a_second()
    {
        var time = new FakeTimeProvider();
        var process = Process(time);
        var lost = await process.AdminTokenSecret.GetAsync();
        await Redis.FlushAsync();
        var current = await Process().AdminTokenSecret.GetAsync();

        Assert.Equal(lost, await process.AdminTokenSecret.GetAsync(mismatched: lost));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(current, await process.AdminTokenSecret.GetAsync(mismatched: lost));
    }
}

public sealed class SharedSecretOnEmbeddedRedis(EmbeddedRedis redis) : SharedSecretSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class SharedSecretOnInstalledRedis(InstalledRedis redis) : SharedSecretSpecification(redis), IClassFixture<InstalledRedis>;
