using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Encodes the <c>error</c> for a refused message.</summary>
internal delegate ReadOnlySpan<byte> SendRefusal(ReadOnlySpan<byte> escapedId);

/// <summary>
/// What a member may not send although its message is valid. Checked when the message gets its place in the log, after the check for
/// duplicates: a message that was logged before is answered by its event.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SendRestrictions(RoomSanctions sanctions, SlowMode slowMode, RoomHostOptions options, TimeProvider time)
{
    // The frames that a load balancer sends again after a move arrive at once.
    private const int RoomBurstSeconds = 2;

    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(1);

    private TokenBucket _room = new(
        options.RoomMessagesPerSecond, (int)Math.Min(int.MaxValue, (long)options.RoomMessagesPerSecond * RoomBurstSeconds));

    /// <summary>Sends the errors for the refused messages of a batch.</summary>
    public static void Answer(Batch batch)
    {
        foreach (var (index, refusal) in batch.Refused)
        {
            ref readonly var item = ref batch.Items[index];
            item.Sender!.Sender.Send(refusal(batch.Id(item)));
            item.Sender.Sender.Acknowledge(item.Frame);
        }
    }

    /// <summary>Why the message of a member is refused now; null if it is not, or if it was logged before.</summary>
    public SendRefusal? Find(in BatchItem item, DedupeWindow dedupe)
    {
        if (item is not { Kind: BatchItemKind.Message, Sender: { } sender } || Find(sender) is not var (code, refusal)
            || dedupe.Contains(item.Key))
            return null;
        RoomMetrics.Refused.Add(code);
        return refusal;
    }

    private (string Code, SendRefusal Refusal)? Find(Member sender)
    {
        var identity = sender.Join.Identity;
        if (!identity.MayWrite)
            return (RoomErrorCodes.ReadOnly, id => EventJson.Error(RoomErrorCodes.ReadOnly, "The token does not permit to write.", id));
        if (sanctions.FindMute(identity.Uid) is { } mute)
            return Muted(mute);
        // A moderator must be able to speak in a flood.
        if (identity.Permissions.HasFlag(Permissions.Moderate))
            return null;
        if (slowMode.TimeUntilAllowed(identity.Uid) is { } wait)
        {
            return Limited(
                RoomErrorCodes.SlowMode,
                $"One message in {slowMode.Interval.TotalSeconds} s; the next one in {Math.Ceiling(wait.TotalSeconds)} s.", wait);
        }
        // A member that was silent for a second may speak in a flood of others.
        if (sender.Seat!.SpokeAt is not { } spokeAt || time.GetElapsedTime(spokeAt) >= QuietPeriod)
            return null;
        _room.TryTake(time, cost: 0);
        return _room.TimeUntil() is var untilRoom && untilRoom > TimeSpan.Zero
            ? Limited(RoomErrorCodes.RateLimited, "The members of the room send too many messages a second.", untilRoom)
            : null;
    }

    // Separate methods: a lambda allocates what it captures at the start of its method, for messages that are not refused too.
    private static (string, SendRefusal) Muted(ActiveSanction mute) => (RoomErrorCodes.Muted, id => EventJson.Muted(mute, id));

    private static (string, SendRefusal) Limited(string code, string message, TimeSpan wait) =>
        (code, id => EventJson.Error(code, message, id, wait));

    /// <summary>
    /// The message of a member is about to be logged; null: that of a sender that is no member, for which nothing is restricted.
    /// </summary>
    public void OnAccepted(Member? sender)
    {
        if (sender is null)
            return;
        slowMode.OnAccepted(sender.Join.Identity.Uid);
        if (options.RoomMessagesPerSecond == 0)
            return;
        sender.Seat!.SpokeAt = time.GetTimestamp();
        _room.TryTake(time);
    }
}
