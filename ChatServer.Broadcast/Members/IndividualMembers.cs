using ChatServer.Broadcast.Rings;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Members;

/// <summary>The members that need more than a ring: each of them sends for itself in every push.</summary>
/// <remarks>Not thread-safe: only turns use it.</remarks>
internal sealed class IndividualMembers
{
    private readonly List<MemberSender> _members = [];

    /// <summary>Adds a member, which was not in the list.</summary>
    public void Add(MemberSender member)
    {
        member.IndividualIndex = _members.Count;
        _members.Add(member);
    }

    /// <summary>Removes a member. The last one takes its place.</summary>
    public void Remove(MemberSender member)
    {
        var last = _members[^1];
        _members[member.IndividualIndex] = last;
        last.IndividualIndex = member.IndividualIndex;
        _members.RemoveAt(_members.Count - 1);
    }

    /// <summary>Sends to all of them.</summary>
    public void Push()
    {
        // From the end: a member that becomes a subscriber is replaced by one that was served already.
        for (var i = _members.Count - 1; i >= 0; i--)
            _members[i].Push();
    }

    /// <summary>The lowest position that <paramref name="ring"/> must keep for them; its head if there is none.</summary>
    public long OldestNeeded(FrameRing ring)
    {
        var oldest = ring.Head;
        foreach (var member in _members)
            oldest = Math.Min(oldest, member.OldestNeeded(ring));
        return oldest;
    }

    /// <summary>
    /// Closes those that have not got the frame at <paramref name="position"/> of <paramref name="ring"/>: they may resume.
    /// </summary>
    public void CloseBehind(FrameRing ring, long position)
    {
        foreach (var member in _members.Where(member => member.OldestNeeded(ring) <= position).ToArray())
            member.CloseNow(CloseCodes.TooSlow, "too-slow", reconnect: true);
    }

    /// <summary>Releases unused memory.</summary>
    public void TrimExcess() => _members.TrimExcess();
}
