using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using ChatServer.LocalHosting.Resources;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>
/// What a page sees live, in one stream, because browsers open six connections to a server and no more:
/// <c>hello</c> once, <c>resources</c> (all of them) at first and after every change, <c>lines</c> of the logs it asked for, at first those of the past.
/// The id of an event is the place in the logs that the page has reached; a stream that is asked for after it resumes there.
/// </summary>
internal sealed class DashboardStream(ResourceBoard board)
{
    /// <summary>Lines that a page gets of the past. More than a screen or ten of them; it keeps no more than that itself.</summary>
    public const int MaxBacklog = 2_000;

    private readonly string _run = Guid.NewGuid().ToString("N")[..8];

    /// <summary>Events until the page is gone.</summary>
    /// <param name="log">The resource whose lines are sent, also one that is not on the board yet; null for those of all.</param>
    /// <param name="after">The id of the last event that the page got. None, or one of another run, starts anew.</param>
    /// <param name="cancellationToken">The page is gone, or the dashboard ends.</param>
    public async IAsyncEnumerable<SseItem<object>> ReadAsync(
        string? log, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (resumed, place) = Place(after);
        yield return Event("hello", new Hello(_run, resumed), place);

        var isFirst = true;
        var seen = -1L;
        var mask = new SecretMask([]);
        Task? change = null, line = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (board.Changes.Value is var changes && changes > seen)
            {
                seen = changes;
                mask = new SecretMask(board.Resources);
                yield return Event("resources", board.Resources.Select(resource => ResourceView.Of(resource, mask)).ToArray(), place);
            }

            // The number first: all lines up to it are in their logs, whichever of the logs is read when.
            var last = board.Lines.Value;
            var lines = Lines(log, place, last, mask);
            place = last;
            // At first also when there are none: the page must know that nothing was said, and not only that nothing came yet.
            if (lines is not [] || isFirst)
                yield return Event("lines", lines, place);
            isFirst = false;

            // Kept until they are done. A new pair for every line would leave a waiter behind each time, on the board that is quiet.
            if (change is null or { IsCompleted: true }) change = board.Changes.WaitAsync(seen, cancellationToken);
            if (line is null or { IsCompleted: true }) line = board.Lines.WaitAsync(place, cancellationToken);
            await Task.WhenAny(change, line).ConfigureAwait(false);
        }
    }

    private LineView[] Lines(string? log, long after, long last, SecretMask mask) =>
    [
        .. board.Resources.Where(resource => log is null || resource == board.Find(log))
            .SelectMany(resource => resource.Log.Read(after).Select(line => (Resource: resource, Line: line)))
            .Where(entry => entry.Line.Number <= last)
            .OrderBy(entry => entry.Line.Number)
            .TakeLast(MaxBacklog)
            .Select(entry => new LineView(
                entry.Line.Number, entry.Resource.Name, entry.Line.Time, entry.Line.Stream, mask.Text(entry.Line.Text))),
    ];

    private SseItem<object> Event(string type, object data, long place) => new(data, type)
    {
        EventId = string.Create(CultureInfo.InvariantCulture, $"{_run}.{place}"),
    };

    private (bool Resumed, long Place) Place(string? after) =>
        after?.Split('.') is [var run, var text] && run == _run
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            ? (true, Math.Min(place, board.Lines.Value))
            : (false, 0);
}
