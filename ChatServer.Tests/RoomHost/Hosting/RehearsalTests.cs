using ChatServer.RoomHost.Hosting;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class RehearsalTests
{
    [Fact]
    public async Task Everybody_plays_his_part_to_the_end() => await Rehearsal.PlayAsync(TestContext.Current.CancellationToken);

    [Fact]
    public async Task It_ends_when_it_is_told_to() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Rehearsal.PlayAsync(new CancellationToken(canceled: true)));
}
