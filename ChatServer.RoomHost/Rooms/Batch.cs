using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Messages and announcements that are appended together: first as they were received, then as numbered and encoded events. A batch fills
/// while the append of the previous one is in flight, so batches grow with the load.
/// </summary>
internal sealed class Batch
{
    /// <summary>Items of a full batch: Redis needs about a millisecond to append so many.</summary>
    public const int MaxItems = 1000;

    /// <summary>Bytes of ids and texts from which a batch is full.</summary>
    public const int FullAtBytes = 512 * 1024;

    // About sixty messages of usual length.
    private const int InitialBytes = 16 * 1024;

    private readonly List<BatchItem> _items = [];
    private readonly List<EncodedEvent> _encoded = [];
    private byte[] _text = [];
    private int _textLength;
    private byte[] _json = [];
    private int _jsonLength;

    /// <summary>The items, in the order in which they were added.</summary>
    public ReadOnlySpan<BatchItem> Items => CollectionsMarshal.AsSpan(_items);

    public bool IsFull => _items.Count >= MaxItems || _textLength >= FullAtBytes;

    /// <summary>When the first item was added: a timestamp of the system's clock.</summary>
    public long Since { get; private set; }

    /// <summary>Bytes of ids and texts.</summary>
    public int TextBytes => _textLength;

    /// <summary>Messages among the encoded events.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Number of encoded events.</summary>
    public int Count => _encoded.Count;

    /// <summary>Sequence of the first encoded event. There must be one.</summary>
    public long FirstSeq => _encoded[0].Seq;

    /// <summary>
    /// Items that were logged before, or that repeat an item of this batch: index of the item, sequence of the first one.
    /// </summary>
    public List<(int Index, long Seq)> Duplicates { get; } = [];

    /// <summary>Messages that their senders may not send now: index of the item, the error.</summary>
    public List<(int Index, SendRefusal Refusal)> Refused { get; } = [];

    /// <summary>The encoded deletions; nearly always empty.</summary>
    public List<Deletion> Deletions { get; } = [];

    /// <summary>The traces of messages among <see cref="Items"/>; nearly always empty.</summary>
    public List<MessageTrace> Traces { get; } = [];

    /// <summary>Adds an item; the bytes are copied.</summary>
    public void Add(in BatchItem item, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text)
    {
        EnsureCapacity(ref _text, _textLength, id.Length + text.Length);
        if (_items.Count == 0)
            Since = Stopwatch.GetTimestamp();
        _items.Add(item);
        ref var added = ref CollectionsMarshal.AsSpan(_items)[^1];
        (added.IdOffset, added.IdLength, added.TextLength) = (_textLength, id.Length, text.Length);
        id.CopyTo(_text.AsSpan(_textLength));
        text.CopyTo(_text.AsSpan(_textLength + id.Length));
        _textLength += id.Length + text.Length;
    }

    /// <summary>Traces the item that was added last.</summary>
    public void Add(MessageTrace trace)
    {
        trace.Index = _items.Count - 1;
        Traces.Add(trace);
    }

    /// <summary>Gives the traces their sequences, when all items are encoded. The trace of a duplicate ends.</summary>
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

    /// <summary>Encodes the item at <paramref name="index"/> as the event <paramref name="seq"/>.</summary>
    public void Encode(int index, long seq, ReadOnlySpan<byte> time, ReadOnlySpan<byte> sender)
    {
        ref readonly var item = ref Items[index];
        if (item.Deletion is { } deletion)
        {
            Deletions.Add(deletion);
            Add(index, seq, deletion.Encode(seq, time));
            return;
        }
        var text = Text(item);
        EnsureCapacity(
            ref _json, _jsonLength, LogEntry.KeyLength + EventJson.MaxMessageOverheadBytes + sender.Length + item.IdLength + text.Length);
        // The key before the JSON is for the log only.
        var json = _json.AsSpan(_jsonLength + LogEntry.KeyLength);
        int length;
        if (item.Kind == BatchItemKind.Message)
        {
            length = EventJson.WriteMessage(json, seq, time, sender, Id(item), text);
            MessageCount++;
        }
        else
        {
            length = EventJson.WriteAnnouncement(json, seq, time, text);
        }
        _encoded.Add(new EncodedEvent(index, seq, _jsonLength, LogEntry.KeyLength + length));
        _jsonLength += LogEntry.KeyLength + length;
    }

    private void Add(int index, long seq, ReadOnlySpan<byte> json)
    {
        var length = LogEntry.KeyLength + json.Length;
        EnsureCapacity(ref _json, _jsonLength, length);
        json.CopyTo(_json.AsSpan(_jsonLength + LogEntry.KeyLength));
        _encoded.Add(new EncodedEvent(index, seq, _jsonLength, length));
        _jsonLength += length;
    }

    /// <summary>The encoded events, in order.</summary>
    public ReadOnlySpan<EncodedEvent> EncodedEvents => CollectionsMarshal.AsSpan(_encoded);

    /// <summary>The item of an encoded event.</summary>
    public ref readonly BatchItem ItemOf(in EncodedEvent e) => ref Items[e.ItemIndex];

    /// <summary>The JSON of an encoded event.</summary>
    public ReadOnlySpan<byte> Json(in EncodedEvent e) => _json.AsSpan(e.Offset + LogEntry.KeyLength, e.Length - LogEntry.KeyLength);

    /// <summary>The entries for the log.</summary>
    public ReadOnlyMemory<byte>[] LogEntries()
    {
        var entries = new ReadOnlyMemory<byte>[_encoded.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var e = _encoded[i];
            ref readonly var item = ref ItemOf(e);
            entries[i] = _json.AsMemory(e.Offset, e.Length);
            if (item.Kind != BatchItemKind.Announcement)
                item.Key.Write(_json.AsSpan(e.Offset));
            else
                Encoding.ASCII.GetBytes(LogEntry.EmptyKey, _json.AsSpan(e.Offset));
        }
        return entries;
    }

    /// <summary>Empties the batch for its next use and returns rented memory.</summary>
    public void Reset()
    {
        _items.Clear();
        _encoded.Clear();
        Duplicates.Clear();
        Refused.Clear();
        Deletions.Clear();
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

    /// <summary>An encoded event: the index of its item, its sequence, and the place of its log entry.</summary>
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
    Deletion,
}

/// <summary>A message or an announcement that is not in the log yet.</summary>
internal struct BatchItem
{
    public BatchItemKind Kind;

    /// <summary>The sender; null if it is no member.</summary>
    public Member? Sender;

    /// <summary>A sender that is no member: <see cref="EventJson.Sender"/>.</summary>
    public byte[]? SenderJson;

    /// <summary>
    /// Called with the sequence when the log holds the event, or with an error code. A duplicate in a batch that the log refuses is called
    /// twice: the first call counts.
    /// </summary>
    public Action<long, string?>? OnLogged;

    /// <summary>Identifies a message that is sent again.</summary>
    public MessageKey Key;

    /// <summary>Of a deletion: what it deletes.</summary>
    public Deletion? Deletion;

    /// <summary>Number of an announcement.</summary>
    public long Announcement;

    /// <summary>Number of the sender's frame; 0 if the sender numbers none.</summary>
    public uint Frame;

    /// <summary>The load balancer of the sender sends the frame again after its host was lost.</summary>
    public bool IsResent;

    internal int IdOffset, IdLength, TextLength;
}
