using System.Text;
using ChatServer.Backplane.Rooms;

namespace ChatServer.Tests.Backplane;

/// <summary>Builds entries of a log as a host writes them.</summary>
internal static class Entries
{
    /// <summary>An event without a message key.</summary>
    public static ReadOnlyMemory<byte> Of(string json) => Of(Encoding.UTF8.GetBytes(json));

    public static ReadOnlyMemory<byte> Of(byte[] payload) => (byte[])[.. Encoding.ASCII.GetBytes(LogEntry.EmptyKey), .. payload];

    /// <summary>Events that consist of the numbers <c>first</c>, <c>first + 1</c>, …</summary>
    public static ReadOnlyMemory<byte>[] Numbered(long first, int count) => [.. Enumerable.Range(0, count).Select(i => Of($"{first + i}"))];

    /// <summary>Events in JSON that state their sequences, as a room writes them.</summary>
    public static ReadOnlyMemory<byte>[] Events(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Of($$"""{"type":"message","seq":{{first + i}},"time":"2026-01-01T00:00:00.000Z"}"""))];

    public static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Event.Span);
}
