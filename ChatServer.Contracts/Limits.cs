namespace ChatServer.Contracts;

/// <summary>Sizes that the protocol fixes. What an operator may change is in the RoomHost's options.</summary>
public static class Limits
{
    /// <summary>Largest frame, and largest message put together from fragments, in bytes.</summary>
    public const int MaxFrameBytes = 64 * 1024;

    /// <summary>Longest text of a message, in Unicode characters (scalar values, so an emoji counts once or little more).</summary>
    public const int MaxTextLength = 4000;

    /// <summary>Longest message id, in characters.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Longest user name, in characters.</summary>
    public const int MaxUserLength = 32;

    /// <summary>Shortest and longest session, in characters: 16 random ones are 96 bits.</summary>
    public const int MinSessionLength = 16, MaxSessionLength = 64;

    /// <summary>Most names in a <c>welcome</c>; above it presence tells counts only, and typing is not told.</summary>
    public const int MaxNamedMembers = 100;

    /// <summary>Events that a newcomer gets who does not say how many.</summary>
    public const int DefaultHistory = 50;

    /// <summary>Largest page of a listing.</summary>
    public const int MaxPage = 1000;

    /// <summary>Page of a listing that does not say how many.</summary>
    public const int DefaultPage = 100;
}
