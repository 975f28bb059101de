using System.Buffers;
using System.Text;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Escapes JSON strings in the shortest form that JSON allows, so that a text has one encoding on the wire.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> MustEscape =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b), (byte)'"', (byte)'\\']);

    /// <summary>Most bytes that one byte of text can become: <c>\u001f</c>.</summary>
    public const int MaxEscapedBytesPerByte = 6;

    /// <summary>
    /// Writes <paramref name="text"/> (UTF-8) without quotes; returns how many bytes that took, at most
    /// <see cref="MaxEscapedBytesPerByte"/> times as many.
    /// </summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var written = 0;
        while (text.Length > 0)
        {
            var plain = text.IndexOfAny(MustEscape);
            if (plain < 0)
                plain = text.Length;
            text[..plain].CopyTo(destination[written..]);
            written += plain;
            if (plain == text.Length)
                break;
            written += EscapeOne(text[plain], destination[written..]);
            text = text[(plain + 1)..];
        }
        return written;
    }

    /// <summary>The same for a short string that is kept.</summary>
    public static byte[] Escape(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var destination = new byte[utf8.Length * MaxEscapedBytesPerByte];
        return destination[..Escape(utf8, destination)];
    }

    /// <summary>Unicode characters in valid UTF-8.</summary>
    public static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        var continuations = 0;
        foreach (var b in utf8)
            continuations += (b & 0xC0) == 0x80 ? 1 : 0;
        return utf8.Length - continuations;
    }

    private static int EscapeOne(byte b, Span<byte> destination)
    {
        destination[0] = (byte)'\\';
        destination[1] = b switch
        {
            (byte)'"' => (byte)'"',
            (byte)'\\' => (byte)'\\',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            _ => (byte)'u',
        };
        if (destination[1] != 'u')
            return 2;
        "00"u8.CopyTo(destination[2..]);
        destination[4] = (byte)"0123456789abcdef"[b >> 4];
        destination[5] = (byte)"0123456789abcdef"[b & 15];
        return 6;
    }
}
