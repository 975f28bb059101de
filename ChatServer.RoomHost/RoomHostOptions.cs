using System.Globalization;
using ChatServer.Contracts;

namespace ChatServer.RoomHost;

/// <summary>What an operator may set. Rates that are 0 are switched off.</summary>
public sealed record RoomHostOptions
{
    /// <summary><c>HOST_ID</c>: names this host to the others; keep it across restarts and the host reopens its rooms.</summary>
    public required string HostId { get; init; }

    /// <summary><c>HOST</c>: where clients and load balancers reach the room ports.</summary>
    public required string Address { get; init; }

    /// <summary><c>ROOM_PORTS</c>: first and last port for rooms, both included.</summary>
    public (int First, int Last) RoomPorts { get; init; } = (34000, 65535);

    /// <summary><c>MAX_ROOMS</c>: most rooms open at a time. A room costs a port and some kilobytes.</summary>
    public int MaxRooms { get; init; } = 10_000;

    /// <summary><c>ALLOWED_ORIGINS</c>: <c>*</c>, or the origins from which browsers may connect, comma-separated.</summary>
    public string AllowedOrigins { get; init; } = "*";

    /// <summary><c>MAX_FRAME_BYTES</c>: largest frame or message from a client.</summary>
    public int MaxFrameBytes { get; init; } = Limits.MaxFrameBytes;

    /// <summary><c>MAX_TEXT_LENGTH</c>: longest text, in characters.</summary>
    public int MaxTextLength { get; init; } = Limits.MaxTextLength;

    /// <summary><c>MESSAGES_PER_SECOND</c> a connection, in the long run.</summary>
    public int MessagesPerSecond { get; init; } = 20;

    /// <summary><c>MESSAGE_BURST</c>: messages a connection may send at once.</summary>
    public int MessageBurst { get; init; } = 100;

    /// <summary><c>CONNECTIONS_PER_SECOND</c> from one address, to all rooms together.</summary>
    public int ConnectionsPerSecond { get; init; } = 200;

    /// <summary><c>HANDSHAKE_SECONDS</c> that a connection may take until it has joined.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>PING_SECONDS</c> between the server's pings. Below the 60 s after which many proxies cut an idle connection.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary><c>SILENCE_SECONDS</c> after which a connection counts as dead: two pings unanswered.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary><c>ROOM_BUFFER_BYTES</c> that a room keeps for those who lag. 4 MiB are some 20,000 messages of a line each.</summary>
    public int RoomBufferBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Reads the settings, checking each.</summary>
    /// <exception cref="StartupException">One is not what it should be; the message names it.</exception>
    public static RoomHostOptions FromConfiguration(IConfiguration settings)
    {
        var defaults = new RoomHostOptions { HostId = "", Address = "" };
        return new RoomHostOptions
        {
            HostId = settings["HOST_ID"] is { Length: > 0 } id ? CheckId(id) : $"{Environment.MachineName}-{Guid.NewGuid().ToString("N")[..8]}",
            Address = settings["HOST"] is { Length: > 0 } host ? CheckHost(host) : DefaultAddress(settings["BIND"]),
            RoomPorts = ParsePortRange(settings["ROOM_PORTS"]) ?? defaults.RoomPorts,
            MaxRooms = Int("MAX_ROOMS", defaults.MaxRooms, 1, 65536),
            AllowedOrigins = settings["ALLOWED_ORIGINS"] is { Length: > 0 } origins ? CheckOrigins(origins) : defaults.AllowedOrigins,
            MaxFrameBytes = Int("MAX_FRAME_BYTES", defaults.MaxFrameBytes, 1024, Limits.MaxFrameBytes),
            MaxTextLength = Int("MAX_TEXT_LENGTH", defaults.MaxTextLength, 1, Limits.MaxTextLength),
            MessagesPerSecond = Int("MESSAGES_PER_SECOND", defaults.MessagesPerSecond, 0, 1_000_000),
            MessageBurst = Int("MESSAGE_BURST", defaults.MessageBurst, 1, 1_000_000),
            ConnectionsPerSecond = Int("CONNECTIONS_PER_SECOND", defaults.ConnectionsPerSecond, 0, 1_000_000),
            HandshakeTimeout = Seconds("HANDSHAKE_SECONDS", defaults.HandshakeTimeout),
            PingInterval = Seconds("PING_SECONDS", defaults.PingInterval),
            SilenceTimeout = Seconds("SILENCE_SECONDS", defaults.SilenceTimeout),
            RoomBufferBytes = Int("ROOM_BUFFER_BYTES", defaults.RoomBufferBytes, 256 * 1024, 1 << 30),
        };

        int Int(string name, int otherwise, int least, int most) =>
            settings[name] is not { Length: > 0 } text ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw new StartupException($"{name} is '{text}', not a whole number from {least} to {most}.");

        TimeSpan Seconds(string name, TimeSpan otherwise) => TimeSpan.FromSeconds(Int(name, (int)otherwise.TotalSeconds, 1, 86_400));
    }

    private static string CheckId(string id) =>
        RoomNames.IsValid(id) ? id : throw new StartupException($"HOST_ID is '{id}', which does not match {RoomNames.Pattern}.");

    private static string CheckHost(string host) =>
        Uri.CheckHostName(host) != UriHostNameType.Unknown ? host : throw new StartupException($"HOST is '{host}', neither a name nor an address.");

    // What no browser would send lets nobody in: a path or a slash at the end, a scheme's own port.
    private static string CheckOrigins(string list) =>
        Sockets.AllowedOrigins.Split(list).All(origin => origin is "*" or "null"
            || (Uri.TryCreate(origin, UriKind.Absolute, out var url) && origin.Equals(url.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)))
                ? list
                : throw new StartupException($"ALLOWED_ORIGINS is '{list}', not * or origins such as https://chat.example, separated by commas.");

    private static (int, int)? ParsePortRange(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var parts = text.Split('-');
        return parts.Length == 2
            && ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first >= 1 && first <= last
                ? (first, last)
                : throw new StartupException($"ROOM_PORTS is '{text}', not a range such as 34000-65535.");
    }

    // A wildcard address tells nobody where to go; the machine's own name does.
    private static string DefaultAddress(string? bind) =>
        bind is null or "" or "0.0.0.0" or "::" or "*" ? Environment.MachineName
        : bind is "127.0.0.1" or "::1" ? "localhost"
        : bind;
}
