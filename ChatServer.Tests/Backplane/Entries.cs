using System.Text;
using ChatServer.Backplane;

namespace ChatServer.Tests.Backplane;

/// <summary>Entries of a log as a host writes them.</summary>
internal static class Entries
{
    /// <summary>An event that nobody will recognize as said before.</summary>
    public static ReadOnlyMemory<byte> Of(string json) => Of(Encoding.UTF8.GetBytes(json));

    public static ReadOnlyMemory<byte> Of(byte[] payload) => (byte[])[.. Encoding.ASCII.GetBytes(LogEntry.EmptyKey), .. payload];

    /// <summary><c>first</c>, <c>first + 1</c>, … as events.</summary>
    public static ReadOnlyMemory<byte>[] Numbered(long first, int count) => [.. Enumerable.Range(0, count).Select(i => Of($"{first + i}"))];

    /// <summary>The same as a room writes them: each says its sequence.</summary>
    public static ReadOnlyMemory<byte>[] Events(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Of($$"""{"type":"message","seq":{{first + i}},"time":"2026-01-01T00:00:00.000Z"}"""))];

    public static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Event.Span);
}
