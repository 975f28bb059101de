using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>
/// Sends to a member that a load balancer holds. Broadcasts reach it through the load balancer's ring; here are its missed events, its
/// answers and its close, which travel in the relay after the broadcasts that were decided before them.
/// </summary>
/// <remarks>Only the room's turn uses it, except for <see cref="IsClosing"/>.</remarks>
internal sealed class RelayedSender(Relay relay, Broadcaster broadcaster, uint number) : IMemberSender
{
    private MemberOutbox _page;
    private bool _isDirty, _awaitsNextPage, _hasEnded;
    private volatile bool _isClosing;

    public bool IsClosing => _isClosing || relay.Sender.IsClosing;

    public bool HasEnded => _hasEnded || relay.Sender.HasEnded;

    public ICatchUp? CatchUp { get; private set; }

    public int OutboxLength => _page.Length;

    public uint Number => number;

    public void Start(ReadOnlySpan<byte> first, ICatchUp catchUp)
    {
        if (!first.IsEmpty)
            _page.AddText(first);
        CatchUp = catchUp;
        MarkDirty();
    }

    /// <summary>Continues the missed events of a member that joined an earlier host.</summary>
    /// <param name="catchUp">Gives the events.</param>
    /// <param name="hasPage">Whether the member has not taken its last page yet.</param>
    public void Start(ICatchUp catchUp, bool hasPage)
    {
        _awaitsNextPage = hasPage;
        Start(default, catchUp);
    }

    /// <summary>Takes the frames that the load balancer gets with the answer to the join.</summary>
    public void TakeFirstFrames(RelayFrames take)
    {
        take(_page.Bytes);
        _page.Clear();
    }

    public void Send(ReadOnlySpan<byte> json)
    {
        if (HasEnded)
            return;
        _page.AddText(json);
        MarkDirty();
    }

    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (HasEnded)
            return;
        _page.Add(frames);
        MarkDirty();
    }

    public bool TrySendFromRing(long seq)
    {
        if (!broadcaster.Ring.TryFind(seq, out var position, out var length))
            return false;
        if (HasEnded)
            return true;
        broadcaster.Ring.CopyFrame(seq, position, _page.Extend(length));
        MarkDirty();
        return true;
    }

    // The relay's ring position stands for the member's: what is before it has reached the load balancer.
    public bool WillSendFromRing(long seq) =>
        relay.Sender.CatchUp is RelayCatchUp replay ? seq >= replay.NextSeq : relay.Sender.WillSendFromRing(seq);

    public void Close(ushort code, string reason, bool reconnect) => Close(code, reason, reconnect, isImmediate: false);

    public void CloseNow(ushort code, string reason, bool reconnect = false) => Close(code, reason, reconnect, isImmediate: true);

    public void Acknowledge(uint frame)
    {
        if (!HasEnded)
            relay.Acknowledge(number, frame);
    }

    // The relay is aborted, not one of its members.
    public void Abort()
    {
    }

    public void Push() => MarkDirty();

    /// <summary>The member has taken the last page.</summary>
    public void OnNextPage()
    {
        _awaitsNextPage = false;
        MarkDirty();
    }

    /// <summary>The load balancer keeps another state of the member from now on.</summary>
    public void SendState(RelayedMemberState state)
    {
        if (!HasEnded)
            relay.Send(writer => writer.State(number, state.ToString()));
    }

    /// <summary>The member's connection is gone, or the relay.</summary>
    public void OnGone()
    {
        _hasEnded = true;
        CatchUp = null;
        _page.Clear();
    }

    /// <summary>Gives the relay the waiting answers, and a page of missed events if <paramref name="mayCatchUp"/>.</summary>
    /// <returns>False if missed events wait for space in the relay.</returns>
    public bool Flush(bool mayCatchUp)
    {
        var result = CatchUpResult.Waiting;
        if (CatchUp is { } catchUp && !_awaitsNextPage && !HasEnded)
        {
            if (!mayCatchUp)
            {
                SendPage(expectsNextPage: false);
                return false;
            }
            result = catchUp.Continue(this);
        }
        _isDirty = false;
        if (HasEnded)
            return true;
        _awaitsNextPage |= result == CatchUpResult.Added;
        SendPage(expectsNextPage: result == CatchUpResult.Added);
        if (result == CatchUpResult.Complete)
        {
            CatchUp = null;
            relay.Send(writer => writer.Follow(number));
        }
        return true;
    }

    private void Close(ushort code, string reason, bool reconnect, bool isImmediate)
    {
        if (HasEnded)
            return;
        SendPage(expectsNextPage: false);
        relay.Send(writer => writer.Close(number, code, reconnect, isImmediate, reason));
        _isClosing = true;
        OnGone();
    }

    private void SendPage(bool expectsNextPage)
    {
        if (_page.IsEmpty && !expectsNextPage)
            return;
        var after = CatchUp is CatchUp catchUp ? catchUp.NextSeq - 1 : 0;
        relay.SendUnicast(number, after, expectsNextPage, _page.Bytes);
        _page.Clear();
    }

    private void MarkDirty()
    {
        if (_isDirty)
            return;
        _isDirty = true;
        relay.MarkDirty(this);
    }
}
