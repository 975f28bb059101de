namespace ChatServer.Cli.Drill;

/// <summary>The members of a room as one of them knows them, from its welcome and the presence events. Thread-safe.</summary>
internal sealed class PresenceList
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Replaces the list: a welcome, or a presence event with all names.</summary>
    public void Replace(int count, IEnumerable<string> names)
    {
        lock (_gate)
        {
            _count = count;
            _names.Clear();
            _names.UnionWith(names);
        }
    }

    /// <summary>Changes the list: a presence event without all names.</summary>
    public void Change(int count, IEnumerable<string> joined, IEnumerable<string> left)
    {
        lock (_gate)
        {
            _count = count;
            _names.ExceptWith(left);
            _names.UnionWith(joined);
        }
    }

    /// <summary>Describes how the list differs from <paramref name="actual"/>; null if it does not.</summary>
    /// <param name="actual">Names of the members who are in the room.</param>
    /// <param name="maxNames">Number of members above which a room reports only their number.</param>
    public string? DifferenceTo(IReadOnlySet<string> actual, int maxNames)
    {
        lock (_gate)
        {
            if (_count != actual.Count)
                return $"counts {_count} members of {actual.Count}";
            if (actual.Count > maxNames || _names.SetEquals(actual))
                return null;
            return $"does not name {List(actual.Except(_names))}, names {List(_names.Except(actual))}";
        }

        static string List(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).DefaultIfEmpty("nobody"));
    }
}
