namespace ChatServer.LocalHosting.Resources;

/// <summary>The last lines of a resource, across its restarts. Safe to use from several threads.</summary>
internal sealed class ResourceLog
{
    /// <summary>Lines kept. 2,000 lines of about 200 bytes ≈ 0.5 MB a resource, and more than anyone scrolls.</summary>
    public const int Capacity = 2_000;

    /// <summary>Characters of a line that are kept. A process that writes without ever ending a line must not fill the memory.</summary>
    public const int MaxLineLength = 16_384;

    private readonly Queue<LogLine> _lines = new();
    private readonly Lock _numbering;
    private readonly Revision _written;
    private readonly TimeProvider _time;

    /// <summary>A board's log, whose lines are numbered together with those of the board's other logs.</summary>
    /// <param name="numbering">Held while a line gets its number and is kept: whoever saw a number can see all before it.</param>
    /// <param name="written">The number of the last line.</param>
    /// <param name="time">The clock of the lines.</param>
    public ResourceLog(Lock numbering, Revision written, TimeProvider time) => (_numbering, _written, _time) = (numbering, written, time);

    /// <summary>Adds a line. The oldest one goes when there are more than <see cref="Capacity"/>.</summary>
    public void Append(LogStream stream, string text)
    {
        if (text.Length > MaxLineLength)
            text = string.Concat(text.AsSpan(0, MaxLineLength), " …");
        lock (_numbering)
        {
            if (_lines.Count == Capacity)
                _lines.Dequeue();
            _lines.Enqueue(new LogLine(_written.Value + 1, _time.GetUtcNow(), stream, text));
            _written.Advance();
        }
    }

    /// <summary>The kept lines after number <paramref name="after"/>, in order. 0 gives all.</summary>
    public IReadOnlyList<LogLine> Read(long after = 0)
    {
        lock (_numbering)
            return [.. _lines.SkipWhile(line => line.Number <= after)];
    }
}
