namespace ChatServer.LocalHosting.Runner;

/// <summary>How long a process that crashed waits until it is started again: 1 s, 2 s, 4 s, … 30 s.</summary>
internal sealed class BackOff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Who lived this long did not crash because of how it was started: the next wait is the first one again.</summary>
    public static readonly TimeSpan Steady = TimeSpan.FromSeconds(60);

    private TimeSpan _next = First;

    /// <summary>The next wait, after a life of <paramref name="lived"/>.</summary>
    public TimeSpan Next(TimeSpan lived)
    {
        var wait = lived >= Steady ? First : _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
