using System.Text;
using ChatServer.Backplane;

namespace ChatServer.Tests.Backplane;

/// <summary>Entries of a log as a host writes them.</summary>
internal static class Entries
{
    /// <summary>An event that nobody will recognize as said before.</summary>
    public static ReadOnlyMemory<byte> Of(string json) => Of(Encoding.UTF8.GetBytes(json));

    public static ReadOnlyMemory<byte> Of(byte[] payload) => (byte[])[.. Encoding.ASCII.GetBytes(LogEntry.NoKey), .. payload];

    /// <summary><c>first</c>, <c>first + 1</c>, … as events.</summary>
    public static ReadOnlyMemory<byte>[] Numbered(long first, int count) => [.. Enumerable.Range(0, count).Select(i => Of($"{first + i}"))];

    public static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Event.Span);
}
