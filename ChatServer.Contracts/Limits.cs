namespace ChatServer.Contracts;

/// <summary>Limits of the protocol. Limits that an operator can change are settings of the RoomHost.</summary>
public static class Limits
{
    /// <summary>Maximum size of a frame, and of a message in fragments, in bytes.</summary>
    public const int MaxFrameBytes = 64 * 1024;

    /// <summary>Maximum length of a text, in characters (<see cref="CharacterCount"/>).</summary>
    public const int MaxTextLength = 4000;

    /// <summary>Maximum length of a message id, in characters.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Maximum length of a user name, in characters.</summary>
    public const int MaxUserLength = 32;

    /// <summary>Minimum and maximum length of a session, in characters; 16 random characters of Base64 are 96 bits.</summary>
    public const int MinSessionLength = 16, MaxSessionLength = 64;

    /// <summary>Maximum number of names in a <c>welcome</c>. In larger rooms presence has counts only, and typing is not sent.</summary>
    public const int MaxNamedMembers = 100;

    /// <summary>Number of latest events for a new member that does not request another number.</summary>
    public const int DefaultHistory = 50;

    /// <summary>Maximum number of entries of a page.</summary>
    public const int MaxPage = 1000;

    /// <summary>Default number of entries of a page.</summary>
    public const int DefaultPage = 100;
}
