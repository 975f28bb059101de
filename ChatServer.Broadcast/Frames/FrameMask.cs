using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ChatServer.Broadcast.Frames;

/// <summary>The XOR mask of client frames. Masking twice unmasks.</summary>
internal static class FrameMask
{
    /// <summary>Applies <paramref name="key"/>, first byte lowest, in place.</summary>
    public static void Apply(Span<byte> payload, uint key)
    {
        var at = 0;
        if (payload.Length >= Vector<byte>.Count)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(InMemoryOrder(key)));
            for (; at <= payload.Length - Vector<byte>.Count; at += Vector<byte>.Count)
            {
                var block = payload.Slice(at, Vector<byte>.Count);
                (new Vector<byte>(block) ^ wide).CopyTo(block);
            }
        }
        if (at <= payload.Length - sizeof(uint))
        {
            foreach (ref var word in MemoryMarshal.Cast<byte, uint>(payload[at..]))
                word ^= InMemoryOrder(key);
            at += (payload.Length - at) & ~3;
        }
        for (; at < payload.Length; at++)
            payload[at] ^= (byte)(key >> (8 * (at & 3)));
    }

    /// <summary>The key for the bytes after the first <paramref name="consumed"/> ones.</summary>
    public static uint Advance(uint key, int consumed) => BitOperations.RotateRight(key, 8 * (consumed & 3));

    private static uint InMemoryOrder(uint key) => BitConverter.IsLittleEndian ? key : BinaryPrimitives.ReverseEndianness(key);
}
