namespace ChatServer.Broadcast.Rings;

/// <summary>The positions of consecutive sequences, in a growing ring of numbers: eight bytes for each event.</summary>
internal sealed class SeqIndex
{
    private long[] _positions = [];
    private int _first;

    /// <summary>Sequence of the oldest entry.</summary>
    public long FirstSeq { get; private set; }

    /// <summary>Sequence of the newest entry.</summary>
    public long LastSeq => FirstSeq + Count - 1;

    public int Count { get; private set; }

    /// <summary>Adds the sequence after the last one, or any sequence if the index is empty.</summary>
    public void Add(long seq, long position)
    {
        if (Count == 0)
            FirstSeq = seq;
        else if (seq != LastSeq + 1)
            throw new InvalidOperationException($"Event {seq} does not follow {LastSeq}.");
        if (Count == _positions.Length)
            Grow();
        _positions[(_first + Count) & (_positions.Length - 1)] = position;
        Count++;
    }

    public bool TryGet(long seq, out long position)
    {
        if (Count == 0 || seq < FirstSeq || seq > LastSeq)
        {
            position = 0;
            return false;
        }
        position = _positions[(_first + (int)(seq - FirstSeq)) & (_positions.Length - 1)];
        return true;
    }

    /// <summary>Removes the entries whose position is below <paramref name="position"/>.</summary>
    public void RemoveBelow(long position)
    {
        while (Count > 0 && _positions[_first] < position)
        {
            _first = (_first + 1) & (_positions.Length - 1);
            FirstSeq++;
            Count--;
        }
    }

    public void Clear()
    {
        _positions = [];
        _first = 0;
        Count = 0;
    }

    private void Grow()
    {
        var positions = new long[Math.Max(16, _positions.Length * 2)];
        for (var i = 0; i < Count; i++)
            positions[i] = _positions[(_first + i) & (_positions.Length - 1)];
        _positions = positions;
        _first = 0;
    }
}
