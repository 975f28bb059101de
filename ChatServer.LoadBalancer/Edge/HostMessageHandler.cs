using System.Text;
using System.Text.Json;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>Handles the messages of one relay: broadcasts, and messages for one member or join.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed partial class HostMessageHandler(string room, HostLink host, EdgeMembers members, EdgeJoins joins, ILogger logger)
    : IFrameHandler
{
    /// <summary>Code and reason of the host's Close frame; null if it sent none.</summary>
    public (ushort Code, string Reason)? Closed { get; private set; }

    void IFrameHandler.OnText(ReadOnlySpan<byte> utf8)
    {
        if (!host.IsAttached)
            return;
        try
        {
            OnBroadcast(utf8, EventSeq.Of(utf8));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Log.Invalid(logger, room, e);
            host.Reject();
        }
    }

    void IFrameHandler.OnBinary(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Handle(new RelayReader(bytes));
        }
        catch (FormatException e)
        {
            Log.Invalid(logger, room, e);
            host.Disconnect();
        }
    }

    void IFrameHandler.OnPing(ReadOnlySpan<byte> payload)
    {
        // Of the ring: the host pings its own members. The relay pings the host.
    }

    void IFrameHandler.OnPong()
    {
    }

    void IFrameHandler.OnClose(ushort code, ReadOnlySpan<byte> reason) => Closed = (code, Encoding.UTF8.GetString(reason));

    void IFrameHandler.OnViolation(ushort code, string reason)
    {
        Log.Violation(logger, room, reason);
        host.Disconnect();
    }

    void IFrameHandler.OnReceived()
    {
    }

    void IFrameHandler.OnEnd()
    {
    }

    private void OnBroadcast(ReadOnlySpan<byte> utf8, long seq)
    {
        if (seq == 0)
        {
            members.BroadcastTransient(utf8);
            return;
        }
        switch (host.Advance(seq))
        {
            case EventPosition.Next:
                members.Broadcast(utf8, seq);
                break;
            case EventPosition.AfterGap:
                Log.EventMissing(logger, room, seq);
                host.Reject();
                break;
        }
    }

    private void Handle(RelayReader message)
    {
        var type = message.Type();
        if (type == RelayMessage.Attached)
        {
            OnAttached(message.RestAsJson<RelayAttached>());
            return;
        }
        if (!host.IsAttached)
            return;
        switch (type)
        {
            case RelayMessage.Accepted:
                OnAccepted(message.Number(), message.Json<RelayAccepted>(), message.Rest);
                break;
            case RelayMessage.Refused:
                joins.Refuse(message.Number(), message.RestAsJson<RelayRefused>());
                break;
            case RelayMessage.Unicast:
                OnUnicast(message.Number(), message.Seq(), message.Flag(), message.Rest);
                break;
            case RelayMessage.Follow:
                members.Find(message.Number())?.Follow();
                break;
            case RelayMessage.Acks:
                while (!message.Rest.IsEmpty)
                    OnAcknowledged(message.Number(), message.Number());
                break;
            case RelayMessage.Close:
                OnClosed(message.Number(), message.Code(), message.Flag(), message.Flag(), message.RestAsText());
                break;
            case RelayMessage.State:
                members.Find(message.Number())?.ReplaceState(message.RestAsText());
                break;
            default:
                throw new FormatException("The type of the relay message is unknown.");
        }
    }

    private void OnAttached(RelayAttached attached)
    {
        if (attached.Term < host.Term)
        {
            host.Disconnect(); // a former host of the room
            return;
        }
        members.Prepare(attached);
        var previous = host.Attach(attached);
        if (previous is not null && attached.Epoch != previous.Epoch)
            members.CloseAll(CloseCodes.GoingAway, "moved", reconnect: true);
        else if (!attached.Resumed)
            members.CloseAll(CloseCodes.TooSlow, "too-slow", reconnect: true); // the log has trimmed the events after the position
        joins.SendAll();
        members.SendFrames();
    }

    private void OnAccepted(uint number, RelayAccepted accepted, ReadOnlySpan<byte> frames)
    {
        if (joins.Take(number) is not { } join)
        {
            host.Send(writer => writer.Left(number)); // it does not wait any more
            return;
        }
        var member = members.Create(join, accepted);
        members.Add(member, frames);
        join.SetAnswer(new EdgeJoinAnswer(member, accepted.Headers, null));
    }

    private void OnUnicast(uint number, long after, bool expectsNextPage, ReadOnlySpan<byte> frames) =>
        members.Find(number)?.SendUnicast(after, expectsNextPage, frames);

    private void OnAcknowledged(uint number, uint frame)
    {
        if (members.Find(number) is { } member)
            members.Acknowledge(member, frame);
    }

    private void OnClosed(uint number, ushort code, bool reconnect, bool isImmediate, string reason)
    {
        if (members.Find(number) is not { } member)
            return;
        if (isImmediate)
            member.Sender.CloseNow(code, reason, reconnect);
        else
            member.Sender.Close(code, reason, reconnect);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The host of room {Room} sent an invalid message; the relay is connected again.")]
        public static partial void Invalid(ILogger logger, string room, Exception exception);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "Room {Room} sent event {Seq}, and not all events before it; the relay is connected again.")]
        public static partial void EventMissing(ILogger logger, string room, long seq);

        [LoggerMessage(Level = LogLevel.Error, Message = "Room {Room} violated the relay protocol: {Reason}.")]
        public static partial void Violation(ILogger logger, string room, string reason);
    }
}
