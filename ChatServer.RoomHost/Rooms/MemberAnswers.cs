using System.Text;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Encodes an event for the frame with an id, which is escaped.</summary>
internal delegate ReadOnlySpan<byte> EncodeAnswer(ReadOnlySpan<byte> escapedId);

/// <summary>Answers the frames of one member, in the room's turn. Only the thread that reads the member's frames calls it.</summary>
internal sealed class MemberAnswers(Room room, Member member)
{
    // More than the default burst of frames: it is reached only if Redis is slower than a client that sends at its limit.
    private const int MaxPendingCommands = 128;

    private Task _renewal = Task.CompletedTask;
    private Task _command = Task.CompletedTask;
    private int _pendingCommands;

    /// <summary>Answers frame number <paramref name="frame"/>.</summary>
    public void Send(uint frame, ReadOnlySpan<byte> escapedId, EncodeAnswer encode)
    {
        var id = escapedId.ToArray();
        room.Post(() =>
        {
            member.Sender.Send(encode(id));
            member.Sender.Acknowledge(frame);
        });
    }

    /// <summary>Answers a ping of the protocol.</summary>
    public void SendFrames(uint frame, byte[] frames) => room.Post(() =>
    {
        member.Sender.SendFrames(frames);
        member.Sender.Acknowledge(frame);
    });

    /// <summary>The member is typing: there is no answer.</summary>
    public void MarkTyping(uint frame) => room.Post(() =>
    {
        if (member.Join.Identity.MayWrite)
            room.MarkTyping(member);
        member.Sender.Acknowledge(frame);
    });

    /// <summary>Renews the member's token, and answers <c>done</c> if the frame has an id. Renewals keep their order.</summary>
    public void RenewToken(uint frame, ReadOnlySpan<byte> escapedId, ReadOnlySpan<byte> token) =>
        _renewal = new TokenRenewal(room, member, frame, escapedId.ToArray()).RunAsync(_renewal, Encoding.UTF8.GetString(token));

    /// <summary>
    /// Carries out a command and answers it. Commands keep their order: an <c>unban</c> that follows a <c>ban</c> lifts it. False if too
    /// many of the member's commands are pending.
    /// </summary>
    public bool TryExecute(uint frame, MemberCommand command)
    {
        if (Volatile.Read(ref _pendingCommands) >= MaxPendingCommands)
            return false;
        Interlocked.Increment(ref _pendingCommands);
        _command = ExecuteAsync(_command, frame, member.Join.Identity, command);
        return true;
    }

    // With the identity at the time of the frame: its permissions were checked.
    private async Task ExecuteAsync(Task previous, uint frame, MemberIdentity sender, MemberCommand command)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await ExecuteAsync(frame, sender, command);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingCommands);
        }
    }

    private async Task ExecuteAsync(uint frame, MemberIdentity sender, MemberCommand command)
    {
        var (error, hasEvent) = room.Commands is { } commands
            ? await commands.ExecuteAsync(room, sender, command)
            : new CommandOutcome(new CommandError(RoomErrorCodes.Unavailable, "The host carries out no commands."));
        if (error is not null)
            RoomMetrics.Refused.Add(error.Code);
        if (hasEvent)
            room.Post(() => member.Sender.Acknowledge(frame));
        else
            Send(
                frame, JsonText.Escape(command.Id!),
                id => error is null ? EventJson.Done(id) : EventJson.Error(error.Code, error.Message, id));
    }
}
