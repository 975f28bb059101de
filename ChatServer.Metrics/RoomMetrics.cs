using System.Diagnostics.Metrics;
using ChatServer.Contracts;

namespace ChatServer.Metrics;

/// <summary>The rooms of a RoomHost, and the path of their messages.</summary>
public static class RoomMetrics
{
    public static readonly ObservedValue Rooms = ServerMeter.Gauge("chatserver.rooms", "{room}", "Open rooms");

    public static readonly ObservedValue Members = ServerMeter.Gauge(
        "chatserver.members", "{member}", "Members of these rooms, those that load balancers hold included");

    public static readonly ObservedValue RoomMembers = ServerMeter.Gauge(
        "chatserver.room.members", "{member}", "Members of a `room`, for the 100 busiest rooms of the host");

    public static readonly ObservedValue RoomMessages = ServerMeter.ObservedCounter(
        "chatserver.room.messages", "{message}", "Messages logged in a `room` since it was opened, for the 100 busiest rooms of the host");

    public static readonly EventCounter Faults = ServerMeter.Counter(
        "chatserver.room.faults", "{fault}", "Rooms that failed by an unexpected error and were reopened");

    public static readonly Histogram<double> OpenDuration = ServerMeter.Seconds(
        "chatserver.room.open.duration",
        "Time from the claim of a room until it is ready, by `cause`: `opened`, or `reopened` if it was open on this host before");

    public static readonly Histogram<double> MoveDuration = ServerMeter.Seconds(
        "chatserver.room.move.duration",
        "Time in which a room that moves to another host writes nothing");

    public static readonly EventCounter Moves = ServerMeter.CounterBy(
        "outcome", ["moved", "kept"], "chatserver.room.moves", "{move}",
        "Moves of rooms to another host, by `outcome`: `moved`, or `kept` if no host took the room");

    public static readonly EventCounter Received = ServerMeter.Counter(
        "chatserver.message.received", "{message}", "Messages that members and backends sent, without those refused at once");

    public static readonly EventCounter ReceivedBytes = ServerMeter.Counter(
        "chatserver.received", "By", "Bytes of the texts and ids of these messages");

    public static readonly EventCounter Logged = ServerMeter.Counter(
        "chatserver.message.logged", "{message}", "Messages that the log holds and that were published");

    public static readonly EventCounter Duplicates = ServerMeter.Counter(
        "chatserver.message.duplicates", "{message}", "Messages that were sent again and are answered with their event");

    public static readonly EventCounter Refused = ServerMeter.CounterBy(
        "reason",
        [
            RoomErrorCodes.RateLimited, RoomErrorCodes.Unavailable, RoomErrorCodes.InvalidMessage, RoomErrorCodes.SlowMode,
            RoomErrorCodes.Muted, RoomErrorCodes.ReadOnly, RoomErrorCodes.Forbidden,
        ],
        "chatserver.message.refused", "{message}", "Frames of members that were answered with an error, by `reason`: its code");

    public static readonly Histogram<long> BatchSize = ServerMeter.Sizes(
        "chatserver.append.batch.size", "{event}", "Events of an append to the log");

    public static readonly Histogram<double> AppendDuration = ServerMeter.Seconds(
        "chatserver.append.duration", "Time of an append to the log that Redis answered");

    public static readonly EventCounter AppendsFailed = ServerMeter.CounterBy(
        "reason", ["unavailable", "fenced", "gone", "diverged"], "chatserver.append.failed", "{append}",
        "Appends that failed, by `reason`: `unavailable` (repeated), `fenced` (the term is over), `gone` or `diverged` (Redis lost data)");

    public static readonly Histogram<double> EchoDuration = ServerMeter.Seconds(
        "chatserver.echo.duration",
        "Time from the receipt of the oldest message of a batch until its echo is sent; one value for each batch");

    public static readonly EventCounter Joins = ServerMeter.CounterBy(
        "resumed", ["true", "false"], "chatserver.join.accepted", "{join}",
        "Members that joined, by `resumed`: whether they continue after the event they had");

    public static readonly EventCounter JoinsRefused = ServerMeter.CounterBy(
        "reason", [ErrorCodes.RateLimited, ErrorCodes.RoomUnavailable, ErrorCodes.Unavailable, ErrorCodes.Unauthorized, ErrorCodes.RoomFull],
        "chatserver.join.refused", "{join}", "Handshakes refused, by `reason`: the code of the problem");

    public static readonly EventCounter CatchUps = ServerMeter.Counter(
        "chatserver.catchup.started", "{catchup}", "Members and load balancers that were behind when they joined or resumed");

    public static readonly EventCounter CatchUpPages = ServerMeter.CounterBy(
        "source", ["ring", "log"], "chatserver.catchup.pages", "{page}",
        "Pages of missed events that they were sent, by `source`: `ring` or `log` (a read from Redis)");

    public static readonly ObservedValue LeaseMargin = ServerMeter.Gauge(
        "chatserver.lease.margin", "s",
        "Time until the host's lease expires without a renewal; 0 if it is not held. A renewal is due every 0.3 s");

    public static readonly ObservedValue WarmupDuration = ServerMeter.Gauge(
        "chatserver.warmup.duration", "s", "Time of the JIT warm-up at the start");
}
