using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Things said that travel together: first as members said them, then numbered and encoded, in one append and into the ring.
/// A batch fills while the one before it is on its way, so the busier the room, the larger they get.
/// </summary>
internal sealed class Batch
{
    /// <summary>Most things in a batch: an append of this many takes Redis about a millisecond.</summary>
    public const int MaxItems = 1000;

    /// <summary>A batch that has this many bytes takes no more.</summary>
    public const int FullAtBytes = 512 * 1024;

    // For some sixty messages as people write them.
    private const int InitialBytes = 16 * 1024;

    private readonly List<BatchItem> _items = [];
    private readonly List<EncodedEvent> _encoded = [];
    private byte[] _text = [];
    private int _textLength;
    private byte[] _json = [];
    private int _jsonLength;

    /// <summary>What was said, in order.</summary>
    public ReadOnlySpan<BatchItem> Items => CollectionsMarshal.AsSpan(_items);

    public bool IsFull => _items.Count >= MaxItems || _textLength >= FullAtBytes;

    /// <summary>Messages among what was encoded.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Events encoded.</summary>
    public int Count => _encoded.Count;

    /// <summary>The messages among <see cref="Items"/> that are traced: nearly always none.</summary>
    public List<MessageTrace> Traces { get; } = [];

    /// <summary>Adds something said; the bytes are copied.</summary>
    public void Add(in BatchItem item, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text)
    {
        EnsureCapacity(ref _text, _textLength, id.Length + text.Length);
        _items.Add(item);
        ref var added = ref CollectionsMarshal.AsSpan(_items)[^1];
        (added.IdOffset, added.IdLength, added.TextLength) = (_textLength, id.Length, text.Length);
        id.CopyTo(_text.AsSpan(_textLength));
        text.CopyTo(_text.AsSpan(_textLength + id.Length));
        _textLength += id.Length + text.Length;
    }

    /// <summary>Traces what was added last.</summary>
    public void Add(MessageTrace trace)
    {
        trace.Index = _items.Count - 1;
        Traces.Add(trace);
    }

    /// <summary>Tells the traces their sequences, once all is encoded. The trace of a repetition ends.</summary>
    public void SetTraceSeqs()
    {
        for (var i = Traces.Count - 1; i >= 0; i--)
        {
            var trace = Traces[i];
            var at = _encoded.FindIndex(e => e.ItemIndex == trace.Index);
            if (at >= 0)
            {
                trace.SetSeq(_encoded[at].Seq);
                continue;
            }
            Traces.RemoveAt(i);
            trace.EndAsDuplicate();
        }
    }

    /// <summary>The item's id, escaped.</summary>
    public ReadOnlySpan<byte> Id(in BatchItem item) => _text.AsSpan(item.IdOffset, item.IdLength);

    /// <summary>The item's text, escaped.</summary>
    public ReadOnlySpan<byte> Text(in BatchItem item) => _text.AsSpan(item.IdOffset + item.IdLength, item.TextLength);

    /// <summary>Encodes what is at <paramref name="index"/> of <see cref="Items"/> as the event <paramref name="seq"/>.</summary>
    public void Encode(int index, long seq, ReadOnlySpan<byte> time, ReadOnlySpan<byte> user)
    {
        ref readonly var item = ref Items[index];
        var text = Text(item);
        EnsureCapacity(ref _json, _jsonLength, LogEntry.KeyLength + EventJson.MaxMessageOverheadBytes + user.Length + item.IdLength + text.Length);
        // The key before it is for the log alone.
        var json = _json.AsSpan(_jsonLength + LogEntry.KeyLength);
        int length;
        if (item.Kind == BatchItemKind.Message)
        {
            length = EventJson.WriteMessage(json, seq, time, user, Id(item), text);
            MessageCount++;
        }
        else
        {
            length = EventJson.WriteAnnouncement(json, seq, time, text);
        }
        _encoded.Add(new EncodedEvent(index, seq, _jsonLength, LogEntry.KeyLength + length));
        _jsonLength += LogEntry.KeyLength + length;
    }

    /// <summary>What was encoded, in order.</summary>
    public ReadOnlySpan<EncodedEvent> EncodedEvents => CollectionsMarshal.AsSpan(_encoded);

    /// <summary>What an encoded event was made of.</summary>
    public ref readonly BatchItem ItemOf(in EncodedEvent e) => ref Items[e.ItemIndex];

    /// <summary>The JSON of an encoded event.</summary>
    public ReadOnlySpan<byte> Json(in EncodedEvent e) => _json.AsSpan(e.Offset + LogEntry.KeyLength, e.Length - LogEntry.KeyLength);

    /// <summary>What the log gets.</summary>
    public ReadOnlyMemory<byte>[] LogEntries()
    {
        var entries = new ReadOnlyMemory<byte>[_encoded.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var e = _encoded[i];
            ref readonly var item = ref ItemOf(e);
            entries[i] = _json.AsMemory(e.Offset, e.Length);
            if (item.Kind == BatchItemKind.Message)
                item.Key.Write(_json.AsSpan(e.Offset));
            else
                Encoding.ASCII.GetBytes(LogEntry.EmptyKey, _json.AsSpan(e.Offset));
        }
        return entries;
    }

    /// <summary>Empties it for its next use; what was rented goes back.</summary>
    public void Reset()
    {
        _items.Clear();
        _encoded.Clear();
        Traces.Clear();
        ReturnToPool(ref _text);
        ReturnToPool(ref _json);
        _textLength = _jsonLength = MessageCount = 0;
    }

    private static void EnsureCapacity(ref byte[] buffer, int used, int more)
    {
        if (buffer.Length - used >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(InitialBytes, Math.Max(buffer.Length * 2, used + more)));
        buffer.AsSpan(0, used).CopyTo(larger);
        ReturnToPool(ref buffer);
        buffer = larger;
    }

    private static void ReturnToPool(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    /// <summary>An event of the log to be: which of the things said, its sequence, and where its entry lies.</summary>
    internal readonly struct EncodedEvent(int index, long seq, int at, int length)
    {
        public readonly long Seq = seq;
        public readonly int ItemIndex = index, Offset = at, Length = length;
    }
}

internal enum BatchItemKind : byte
{
    Message,
    Announcement,
}

/// <summary>Something said, on its way into the log.</summary>
internal struct BatchItem
{
    public BatchItemKind Kind;

    /// <summary>Who is to be told of a repetition or a failure; null when no member said it.</summary>
    public Member? Sender;

    /// <summary>Escaped name, when no member said it.</summary>
    public byte[]? User;

    /// <summary>Told the sequence when the log holds it, or an error code.</summary>
    public Action<long, string?>? OnLogged;

    /// <summary>Recognizes a repetition.</summary>
    public MessageKey Key;

    /// <summary>Number of an announcement.</summary>
    public long Announcement;

    internal int IdOffset, IdLength, TextLength;
}
