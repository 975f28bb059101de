using System.Diagnostics;
using System.Net.WebSockets;
using ChatServer.Client;

namespace ChatServer.Cli.Drill;

/// <summary>A member that reads all events and sends messages through a client that reconnects.</summary>
internal sealed class CrowdMember : IAsyncDisposable
{
    private readonly CrowdRoom _room;
    private readonly ChatRoom _chat;
    private readonly Outages _outages;
    private readonly Task _reading;

    private CrowdMember(CrowdRoom room, ChatRoom chat, Outages outages, string name)
    {
        (_room, _chat, _outages) = (room, chat, outages);
        History = room.Checker.Join(name);
        _reading = ReadAsync();
    }

    public MemberHistory History { get; }

    /// <summary>Why it is no longer in the room; null while it is.</summary>
    public string? ClosedReason { get; private set; }

    public static async Task<CrowdMember> JoinAsync(
        CrowdRoom room, IReadOnlyList<Uri> balancers, string name, Outages outages, CancellationToken ct)
    {
        try
        {
            var chat = await ChatRoom.JoinAsync(
                new ChatRoomOptions { Addresses = balancers, Room = room.Checker.Room, User = name, History = 0 }, ct);
            return new CrowdMember(room, chat, outages, name);
        }
        catch (ChatException e)
        {
            throw new CliException($"{name} cannot join {room.Checker.Room}: {e.Message}");
        }
    }

    /// <summary>Sends a message. True if it was acknowledged, false if the client gave up.</summary>
    public async Task<bool> SayAsync(CancellationToken ct)
    {
        var said = _room.Checker.AddSent(_room.NextText(), Stopwatch.GetTimestamp());
        try
        {
            var message = await _chat.SayAsync(said.Text, ct);
            _room.Checker.Acknowledge(said, new LogEventId(message.Epoch, message.Seq));
            return true;
        }
        catch (Exception e) when (e is ChatException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _chat.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var isIn = false;
        var lostReason = "";
        await foreach (var e in _chat.Events)
        {
            switch (e)
            {
                case LoggedEvent logged:
                    var text = (logged as Message)?.Text;
                    History.AddSeen(logged.Epoch, logged.Seq, text);
                    if (_room.Checker.Find(text) is { } said)
                        _outages.AddDelay(History, Stopwatch.GetElapsedTime(said.SentAt));
                    break;
                case Welcomed welcomed:
                    if (isIn)
                        _outages.AddReconnect(new Reconnect(History, _room.Checker.Room, welcomed.Away, lostReason));
                    isIn = true;
                    History.User = welcomed.User;
                    History.Presence.Replace(welcomed.Count, welcomed.Members);
                    break;
                case PresenceChanged { Members: { } members } presence:
                    History.Presence.Replace(presence.Count, members);
                    break;
                case PresenceChanged presence:
                    History.Presence.Change(presence.Count, presence.Joined, presence.Left);
                    break;
                case ConnectionLost lost:
                    lostReason = $"{lost.Code} {lost.Reason}";
                    break;
                case HistoryChanged:
                    History.AddAnnouncedBreak();
                    break;
                case Closed { Code: not (int)WebSocketCloseStatus.NormalClosure } closed:
                    (ClosedReason, History.IsOver) = ($"{closed.Code} {closed.Reason}", true);
                    break;
            }
        }
    }
}
