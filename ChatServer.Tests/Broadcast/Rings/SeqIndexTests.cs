using ChatServer.Broadcast.Rings;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.Broadcast.Rings;

public sealed class SeqIndexTests
{
    [Fact]
    public void Position_of_each_kept_sequence_is_found_while_entries_are_added_and_removed()
    {
        var index = new SeqIndex();
        for (var seq = 5L; seq < 500; seq++)
        {
            index.Add(seq, seq * 10);
            if (seq % 3 == 0)
                index.RemoveBelow((seq - 20) * 10); // keeps 20 entries
            for (var kept = index.FirstSeq; kept <= index.LastSeq; kept++)
                Assert.True(index.TryGet(kept, out var position) && position == kept * 10);
            Assert.Equal((seq, false, false), (index.LastSeq, index.TryGet(index.FirstSeq - 1, out _), index.TryGet(seq + 1, out _)));
        }
        Assert.InRange(index.Count, 20, 23);
    }

    [Fact]
    public void Gap_throws_unless_the_index_is_empty()
    {
        var index = new SeqIndex();
        index.Add(3, 0);
        Assert.Throws<InvalidOperationException>(() => index.Add(5, 1));
        Assert.Throws<InvalidOperationException>(() => index.Add(3, 1));

        index.RemoveBelow(1);
        Assert.Equal((0, false), (index.Count, index.TryGet(3, out _)));
        index.Add(1000, 1);
        Assert.Equal((1000, 1000, 1), (index.FirstSeq, index.LastSeq, index.Count));
        index.Clear();
        index.Add(1, 2);
        Assert.True(index.TryGet(1, out var position) && position == 2);
    }
}
