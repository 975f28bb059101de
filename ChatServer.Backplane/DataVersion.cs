namespace ChatServer.Backplane;

/// <summary>
/// The version of what processes exchange through Redis: records of rooms and hosts, and commands. A process reads all versions up to
/// <see cref="Current"/>, ignores members and fields that it does not know, and keeps them where it writes a value again.
/// </summary>
/// <remarks>
/// A release increases the version only if an earlier process would do harm with what it writes: an unknown member that it ignores changes
/// the meaning of the others, or a state or a kind is new. Rooms of a version are opened only by hosts that read it, so both releases can run
/// side by side while the hosts are updated. docs/upgrade.md has the rules.
/// </remarks>
public static class DataVersion
{
    /// <summary>The version that this process writes, and the newest one that it reads.</summary>
    public const int Current = 1;

    /// <summary>The version of what has none: it was written before there were versions.</summary>
    internal const int First = 1;
}
