using ChatServer.Broadcast.Members;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Answers messages that were logged before with their events.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class DuplicateAnswers(RoomHistory history, TimeProvider time)
{
    /// <summary>Answers <paramref name="item"/>, which was logged as the event <paramref name="seq"/>.</summary>
    public void Answer(Batch batch, in BatchItem item, long seq)
    {
        item.OnLogged?.Invoke(seq, null);
        if (item.Sender is not { Seat: { } seat } member)
            return;
        // The load balancer that sends a message again has the event, or gets it with the events after its position.
        if (item.IsResent || IsOnItsWay(member.Sender, seq) || member.Sender.TrySendFromRing(seq))
            member.Sender.Acknowledge(item.Frame);
        else
            SendFromLog(member.Sender, item.Frame, seq, Encode(batch, item, seq, seat));
    }

    private static bool IsOnItsWay(IMemberSender sender, long seq) =>
        sender.HasEnded || (sender.CatchUp is CatchUp catchUp ? seq >= catchUp.NextSeq : sender.WillSendFromRing(seq));

    private void SendFromLog(IMemberSender sender, uint frame, long seq, ReadOnlyMemory<byte> ifTrimmed) =>
        history.Read(seq - 1, 1, sender, page =>
        {
            sender.Send(page is { Events: [var found, ..] } && found.Seq == seq ? found.Entry.Event.Span : ifTrimmed.Span);
            sender.Acknowledge(frame);
        });

    // If the log has trimmed the event, its sender gets it as it would be now, with the old sequence.
    private ReadOnlyMemory<byte> Encode(Batch batch, in BatchItem item, long seq, Seat seat)
    {
        var id = batch.Id(item);
        var text = batch.Text(item);
        Span<byte> now = stackalloc byte[EventJson.TimeBytes];
        EventJson.WriteTime(now, time.GetUtcNow());
        var json = new byte[EventJson.MaxMessageOverheadBytes + seat.SenderJson.Length + id.Length + text.Length];
        return json.AsMemory(0, EventJson.WriteMessage(json, seq, now, seat.SenderJson, id, text));
    }
}
