using ChatServer.Contracts;

namespace ChatServer.Metrics;

/// <summary>The WebSockets that a load balancer or a RoomHost holds, and the broadcasts to them.</summary>
public static class ConnectionMetrics
{
    /// <summary>The code of a connection that was lost without a Close frame, as in RFC 6455.</summary>
    public const ushort NoCloseFrame = 1006;

    private static readonly string[] Codes =
    [
        .. ((ushort[])
        [
            CloseCodes.Normal, CloseCodes.GoingAway, CloseCodes.ProtocolError, CloseCodes.UnsupportedData, NoCloseFrame,
            CloseCodes.InvalidPayload, CloseCodes.PolicyViolation, CloseCodes.TooBig, CloseCodes.InternalError, CloseCodes.TooSlow,
            CloseCodes.Kicked, CloseCodes.Banned, CloseCodes.RoomClosed, CloseCodes.Replaced,
        ]).Select(code => $"{code}"),
        EventCounter.Other,
    ];

    public static readonly EventCounter Opened = ServerMeter.Counter(
        "chatserver.connection.opened", "{connection}", "WebSockets of members that were opened");

    public static readonly EventCounter Closed = ServerMeter.CounterBy(
        "code", Codes, "chatserver.connection.closed", "{connection}",
        "WebSockets of members that were closed, by `code`: the close code, 1006 without a Close frame, `other` if a client chose another. "
        + "1013 is a slow member, 1008 a flood");

    public static readonly ObservedValue Active = ServerMeter.Gauge(
        "chatserver.connection.active", "{connection}", "Open WebSockets of members");

    public static readonly EventCounter RelaysOpened = ServerMeter.Counter(
        "chatserver.relay.opened", "{relay}", "Relays, the connections of load balancers to rooms, that a RoomHost accepted");

    public static readonly EventCounter RelaysClosed = ServerMeter.CounterBy(
        "code", Codes, "chatserver.relay.closed", "{relay}", "Relays that were closed at a RoomHost, by `code`, as for members");

    public static readonly ObservedValue RelaysActive = ServerMeter.Gauge(
        "chatserver.relay.active", "{relay}", "Open relays at a RoomHost");

    public static readonly EventCounter Deliveries = ServerMeter.Counter(
        "chatserver.deliveries", "{delivery}", "Broadcast frames times the connections that they were for");

    public static readonly EventCounter Sent = ServerMeter.Counter(
        "chatserver.sent", "By", "Bytes of broadcast frames, as compressed, times the connections that they were for");

    public static readonly ObservedValue RingLag = ServerMeter.Gauge(
        "chatserver.ring.lag", "By",
        "Bytes that the slowest connection of all rooms is behind; at `ROOM_BUFFER_BYTES` it is closed with 1013");

    static ConnectionMetrics()
    {
        Active.Observe(() => Opened.Total - Closed.Total);
        RelaysActive.Observe(() => RelaysOpened.Total - RelaysClosed.Total);
    }

    /// <summary>A connection was opened.</summary>
    public static void OnOpened(bool isRelay) => (isRelay ? RelaysOpened : Opened).Add(1);

    /// <summary>A connection that was opened is closed. A client may choose a code from 3000 to 4999.</summary>
    public static void OnClosed(bool isRelay, ushort code)
    {
        var name = $"{code}";
        (isRelay ? RelaysClosed : Closed).Add(Codes.Contains(name) ? name : EventCounter.Other);
    }
}
