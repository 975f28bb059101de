namespace ChatServer.Contracts;

/// <summary>
/// The codes with which a room closes a connection, and the reaction of a client. Codes below 4000 are defined in
/// RFC 6455, section 7.4.1.
/// </summary>
public static class CloseCodes
{
    /// <summary>The member left. Do not reconnect.</summary>
    public const ushort Normal = 1000;

    /// <summary>The host stops or the room moved. Reconnect and resume at once.</summary>
    public const ushort GoingAway = 1001;

    /// <summary>A frame violated RFC 6455. Do not reconnect: the client has a defect.</summary>
    public const ushort ProtocolError = 1002;

    /// <summary>A binary frame; rooms use text frames only. Do not reconnect.</summary>
    public const ushort UnsupportedData = 1003;

    /// <summary>Text that is not UTF-8. Do not reconnect.</summary>
    public const ushort InvalidPayload = 1007;

    /// <summary>20 errors in a row, or a flood. Reconnect only after a delay.</summary>
    public const ushort PolicyViolation = 1008;

    /// <summary>A frame or message above <see cref="Limits.MaxFrameBytes"/>. Do not send it again.</summary>
    public const ushort TooBig = 1009;

    /// <summary>The room failed and is reopened from its log. Reconnect and resume.</summary>
    public const ushort InternalError = 1011;

    /// <summary>The client read too slowly and fell behind the events that the room keeps. Reconnect and resume.</summary>
    public const ushort TooSlow = 1013;

    /// <summary>An operator removed the member. The member may join again.</summary>
    public const ushort Kicked = 4001;

    /// <summary>Banned, or the token was refused after joining. Do not reconnect.</summary>
    public const ushort Banned = 4003;

    /// <summary>The room was shut down. Do not reconnect.</summary>
    public const ushort RoomClosed = 4004;

    /// <summary>A newer connection of the same session replaced this one. Do not reconnect.</summary>
    public const ushort Replaced = 4009;
}
