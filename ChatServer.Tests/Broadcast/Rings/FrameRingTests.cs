using System.Text;
using ChatServer.Broadcast.Rings;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.Broadcast.Rings;

public sealed class FrameRingTests
{
    private const int MaxBytes = 64 * 1024;

    [Fact]
    public void Ring_has_no_memory_before_its_first_frame_and_after_its_release()
    {
        var ring = new FrameRing(MaxBytes, 0);
        Assert.Equal((0, 0L, 0L, 0), (ring.Capacity, ring.Head, ring.Tail, ring.EventCount));

        ring.Append("{}"u8, 1, () => 0);
        Assert.Equal((4L, 0L, 1), (ring.Head, ring.Tail, ring.EventCount));
        Assert.NotEqual(0, ring.Capacity);

        ring.Release();
        Assert.Equal((0, 4L, 4L, 0), (ring.Capacity, ring.Head, ring.Tail, ring.EventCount));
        Assert.False(ring.TryFind(1, out _, out _));
        ring.Append("{}"u8, 2, () => 4);
        Assert.True(ring.TryFind(2, out var position, out var length));
        Assert.Equal((4L, 4), (position, length));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(30_000, 4)]
    public void Frame_is_a_header_and_its_JSON(int length, int header)
    {
        var ring = new FrameRing(MaxBytes, 0);
        var json = Encoding.ASCII.GetBytes(new string('j', length));
        ring.Append(json, 7, () => 0);

        Assert.True(ring.TryFind(7, out var position, out var frame));
        Assert.Equal((0L, header + length), (position, frame));
        Assert.Equal(0x81, ring.Read(0)[0]);
        Assert.Equal(json, ring.Json(7));
        Assert.Equal(header + length, ring.FrameEnd(0, 1));
    }

    [Fact]
    public void Ring_grows_for_slow_readers_up_to_its_maximum()
    {
        var ring = new FrameRing(MaxBytes, 0);
        var json = new byte[998];
        var seq = 0L;
        while (ring.Capacity < MaxBytes)
        {
            ring.Append(json, ++seq, () => 0);
            Assert.Equal(0, ring.Tail);
        }
        for (var i = 0; i < 1000; i++)
            ring.Append(json, ++seq, () => 0);
        Assert.Equal(MaxBytes, ring.Capacity);
        Assert.InRange(ring.Tail, ring.Head - MaxBytes, ring.Head - MaxBytes / 2);
    }

    [Fact]
    public void Ring_does_not_grow_for_fast_readers()
    {
        var ring = new FrameRing(MaxBytes, 0);
        for (var seq = 1L; seq < 10_000; seq++)
            ring.Append(new byte[100], seq, () => ring.Head);
        Assert.Equal(4096, ring.Capacity);
    }

    [Fact]
    public void Ring_grows_for_kept_events_only()
    {
        var ring = new FrameRing(MaxBytes, keepEvents: 50);
        for (var seq = 1L; seq < 1000; seq++)
        {
            ring.Append(new byte[98], seq, () => ring.Head);
            Assert.True(ring.EventCount >= Math.Min(seq, 50));
        }
        Assert.Equal(8192, ring.Capacity); // 50 events of 100 bytes
    }

    [Fact]
    public void Written_bytes_are_read_back_across_wraps_and_growth()
    {
        var random = new Random(5);
        var ring = new FrameRing(MaxBytes, 0);
        var all = new List<(long Position, byte[] Json)>();
        var cursor = 0L;
        for (var seq = 1L; seq <= 5000; seq++)
        {
            var json = new byte[random.Next(random.Next(2000))];
            random.NextBytes(json);
            all.Add((ring.Head, json));
            if (random.Next(10) == 0)
                ring.AppendFrame([0x89, 0], 0, () => cursor);
            else
                ring.Append(json, 0, () => cursor);
            if (random.Next(10) > 0)
                continue;

            // All bytes from the cursor, or from the tail if the ring has overwritten bytes at the cursor.
            cursor = Math.Max(cursor, all.First(e => e.Position >= ring.Tail).Position);
            var copy = new byte[ring.Head - cursor];
            ring.CopyTo(cursor, copy);
            var read = new List<byte>();
            for (var position = cursor; position < ring.Head; position += ring.Read(position).Length)
                read.AddRange(ring.Read(position));
            Assert.Equal(copy, read);
            foreach (var (position, expected) in all.Where(e => e.Position >= cursor && copy[e.Position - cursor] == 0x81))
                Assert.True(copy.AsSpan((int)(position - cursor) + (expected.Length < 126 ? 2 : 4)).StartsWith(expected));
            cursor = ring.Head;
        }
        Assert.True(ring.Head > 10 * MaxBytes);
    }

    [Fact]
    public void Positions_of_events_stay_correct_while_older_events_are_overwritten()
    {
        var ring = new FrameRing(MaxBytes, 0);
        for (var seq = 100L; seq < 5000; seq++)
        {
            ring.Append(Encoding.ASCII.GetBytes($"event {seq}"), seq, () => ring.Head);
            ring.AppendFrame([0x89, 0], 0, () => ring.Head); // not in the log
            Assert.Equal(seq, ring.FirstSeq + ring.EventCount - 1);
            Assert.Equal($"event {ring.FirstSeq}", Encoding.ASCII.GetString(ring.Json(ring.FirstSeq)!));
            Assert.Equal($"event {seq}", Encoding.ASCII.GetString(ring.Json(seq)!));
            Assert.Null(ring.Json(ring.FirstSeq - 1));
            Assert.Null(ring.Json(seq + 1));
        }
        Assert.True(ring.FirstSeq > 4000);
    }

    [Fact]
    public void FrameEnd_finds_the_end_of_the_containing_frame()
    {
        var ring = new FrameRing(MaxBytes, 0);
        ring.Append(new byte[10], 1, () => 0); // 0 to 12
        ring.Append(new byte[200], 2, () => 0); // 12 to 216
        Assert.Equal([0L, 12L, 12L, 216L, 216L], new long[] { 0, 1, 12, 13, 216 }.Select(inside => ring.FrameEnd(0, inside)));
    }

    [Fact]
    public void Replaced_event_is_read_by_its_sequence_until_the_ring_drops_it()
    {
        var ring = new FrameRing(MaxBytes, 0);
        ring.Append("""{"seq":1,"text":"secret"}"""u8, 1, () => 0);
        ring.Append("""{"seq":2}"""u8, 2, () => 0);
        var longer = Encoding.ASCII.GetBytes($$"""{"seq":1,"deleted":"{{new string('x', 200)}}"}""");
        ring.Replace(1, longer);

        Assert.Equal(longer, ring.Json(1));
        Assert.True(ring.TryFind(1, out var position, out var length));
        var frame = new byte[length];
        ring.CopyFrame(1, position, frame);
        Assert.Equal(longer, frame[4..]);
        ring.Release();
        ring.Append("""{"seq":1}"""u8, 1, () => ring.Head);
        Assert.Equal("""{"seq":1}"""u8.ToArray(), ring.Json(1));
    }

    [Theory]
    [InlineData("""{"type":"message","text":"secret"}""", """{"type":"message","text":""}      """)]
    [InlineData("""{"type":"message","text":"a\"b","id":"text"}""", """{"type":"message","text":"","id":"text"}    """)]
    [InlineData("""{"type":"presence","count":1}""", """{"type":"presence","count":1}""")]
    public void Blanked_event_keeps_its_length_and_loses_its_text(string json, string blanked)
    {
        var ring = new FrameRing(MaxBytes, 0);
        // The frame begins before the end of the ring's memory.
        ring.Append(new byte[4080], 0, () => ring.Head);
        ring.Append(Encoding.UTF8.GetBytes(json), 1, () => ring.Head);
        Assert.True(ring.TryBlank(1));
        Assert.Equal(blanked, Encoding.UTF8.GetString(ring.Json(1)!));
    }

    [Fact]
    public void Compressed_event_cannot_be_blanked()
    {
        var ring = new FrameRing(MaxBytes, 0);
        ring.AppendFrame([0xC1, 2, 7, 7], 1, () => 0);
        Assert.False(ring.TryBlank(1));
    }
}
