using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class DedupeWindowTests
{
    [Fact]
    public void Key_depends_on_session_and_id()
    {
        string[] parts = ["a", "b", "ab", "aa", "bb", "a b", "", new string('s', 64), new string('é', 64), new string('x', 600)];
        var keys = (from session in parts from id in parts select Key(session, id)).ToList();
        Assert.Distinct(keys);
        Assert.Equal(Key("session", "id"), Key("session", "id"));
        Assert.NotEqual(Key("ab", "c"), Key("a", "bc"));
    }

    [Fact]
    public void Key_is_unchanged_after_writing_and_parsing()
    {
        foreach (var key in Enumerable.Range(0, 1000).Select(i => Key("session", $"{i}")))
        {
            var written = new byte[LogEntry.KeyLength];
            key.Write(written);
            Assert.Matches("^[A-Za-z0-9_-]{22}$", Encoding.ASCII.GetString(written));
            Assert.Equal(key, MessageKey.Parse(Encoding.ASCII.GetString(written)));
        }
        Assert.Null(MessageKey.Parse(LogEntry.EmptyKey));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA?")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Malformed_key_is_rejected(string key) => Assert.Null(MessageKey.Parse(key));

    [Theory]
    [InlineData(0, 256)] // a room without history recognizes messages that are repeated after a reconnect
    [InlineData(1000, 1000)]
    public void Window_remembers_as_many_keys_as_the_history(int history, int known)
    {
        var window = new DedupeWindow(history);
        for (var seq = 1; seq <= known + 10; seq++)
            Assert.True(window.TryAdd(Key("session", $"{seq}"), seq, out _));

        Assert.False(window.TryAdd(Key("session", "11"), 0, out var oldest));
        Assert.False(window.TryAdd(Key("session", $"{known + 10}"), 0, out var newest));
        Assert.Equal((11L, known + 10L), (oldest, newest));
        Assert.True(window.TryAdd(Key("session", "10"), 0, out _)); // evicted
        Assert.True(window.TryAdd(Key("other", "11"), 0, out _)); // never added
    }

    [Fact]
    public void First_sequence_of_a_key_is_kept()
    {
        var window = new DedupeWindow(0);
        Assert.True(window.TryAdd(Key("session", "a"), 1, out _));
        Assert.False(window.TryAdd(Key("session", "a"), 2, out _));
        Assert.False(window.TryAdd(Key("session", "a"), 3, out var seq));
        Assert.Equal(1, seq);
    }

    private static MessageKey Key(string session, string id) => MessageKey.Of(Encoding.UTF8.GetBytes(session), Encoding.UTF8.GetBytes(id));
}
