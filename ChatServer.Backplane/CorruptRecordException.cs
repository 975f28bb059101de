using System.Text.Json;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>A key in Redis has content that this version of ChatServer did not write.</summary>
public sealed class CorruptRecordException : Exception
{
    public CorruptRecordException() { }

    public CorruptRecordException(string message) : base(message) { }

    public CorruptRecordException(string message, Exception inner) : base(message, inner) { }

    /// <summary>
    /// Whether <paramref name="e"/> means that a parser did not find what it expected: a missing field, another type, or a value out of
    /// range.
    /// </summary>
    internal static bool IsCause(Exception e) =>
        e is KeyNotFoundException or JsonException or NotSupportedException or FormatException or InvalidCastException or OverflowException
            or InvalidDataException or ArgumentException
        || e is RedisServerException { Message: var message } && message.StartsWith("WRONGTYPE", StringComparison.Ordinal);
}
