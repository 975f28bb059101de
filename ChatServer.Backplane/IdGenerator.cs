using System.Security.Cryptography;

namespace ChatServer.Backplane;

/// <summary>
/// Generates the random identifiers of the Backplane. The source of the bytes is injected: a simulation registers a generator with a seeded
/// source and so repeats a run.
/// </summary>
/// <param name="fill">Fills a span with random bytes. Called from any thread.</param>
public sealed class IdGenerator(Action<Span<byte>> fill)
{
    /// <summary>Random bytes of the operating system.</summary>
    public static IdGenerator System { get; } = new(RandomNumberGenerator.Fill);

    /// <summary>Returns 32 hexadecimal digits (128 bits): instances, commands, announcements, orders, generations.</summary>
    public string NewId() => NewHex(byteCount: 16);

    /// <summary>Returns 12 hexadecimal digits (48 bits): the epoch of a room's log.</summary>
    public string NewEpoch() => NewHex(byteCount: 6);

    private string NewHex(int byteCount)
    {
        Span<byte> bytes = stackalloc byte[byteCount];
        fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
