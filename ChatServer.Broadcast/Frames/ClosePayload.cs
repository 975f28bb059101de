using System.Buffers.Binary;
using System.Text.Unicode;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Frames;

/// <summary>The payload of a Close frame: nothing, or a code and a reason (RFC 6455, section 5.5.1).</summary>
internal static class ClosePayload
{
    /// <summary>Stands for a Close frame without a code; never on the wire.</summary>
    public const ushort NoStatusCode = 1005;

    /// <summary>Returns the code, or the violation.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out ushort code, out (ushort Code, string Reason) violation)
    {
        violation = default;
        code = NoStatusCode;
        if (payload.IsEmpty)
            return true;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(payload, out code) || !IsSendable(code))
            violation = (CloseCodes.ProtocolError, "bad close code");
        else if (!Utf8.IsValid(payload[sizeof(ushort)..]))
            violation = (CloseCodes.InvalidPayload, "close reason is not UTF-8");
        return violation.Code == 0;
    }

    // Assigned codes, and those reserved for libraries and applications.
    private static bool IsSendable(ushort code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
}
