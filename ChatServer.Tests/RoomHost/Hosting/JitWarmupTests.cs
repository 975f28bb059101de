using ChatServer.RoomHost.Hosting;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JitWarmupTests
{
    [Fact]
    public async Task Warmup_completes() => await JitWarmup.RunAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task Warmup_ends_when_cancelled() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => JitWarmup.RunAsync(new CancellationToken(canceled: true)));
}
