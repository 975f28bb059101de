using ChatServer.RoomHost.Hosting;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JitWarmupTests
{
    [Fact]
    public async Task Everybody_plays_his_part_to_the_end() => await JitWarmup.RunAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task It_ends_when_it_is_told_to() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => JitWarmup.RunAsync(new CancellationToken(canceled: true)));
}
